#!lua flags=no-writes
-- work_peek: looks at one item and changes nothing.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id, or '' for the one that would be taken next (of what is ready already)
-- Answers  {} or { id, priority, put, tries, limit, result, unique, worker, reason, at, size, payload }
--          at: when a delayed one is due, until when a lease runs, else 0
local prefix = string.sub(KEYS[1], 1, -5)

local function first_ready()
  for p = 0, 9 do
    local id = redis.call('LINDEX', prefix .. 'ready:' .. p, 0)
    if id then return id end
  end
end

-- Of one that was never taken they may stand before the payload, in its first line.
local function facts_of(id)
  local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
  if not text then text = string.match(redis.call('HGET', prefix .. 'item', id) or '', '^[^\n]+') end
  return text and cjson.decode(text)
end

local function payload_of(id)
  local whole = redis.call('HGET', prefix .. 'item', id)
  return string.sub(whole, string.find(whole, '\n', 1, true) + 1)
end

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then
  return redis.error_reply('MODE queue ' .. string.match(prefix, '{q%.(.*)}') .. ' is in ' .. mode .. ' mode')
end
local id = ARGV[1] ~= '' and ARGV[1] or first_ready()
local f = id and facts_of(id)
if not f then return {} end
local at = redis.call('ZSCORE', prefix .. 'leased', id) or redis.call('ZSCORE', prefix .. 'delayed', id)
local payload = payload_of(id)
return {
  id, f.p, f.at, f.n or 0, f.l or 0, f.r or 0, f.u or '', f.w or '', f.why or '', tonumber(at) or 0, #payload,
  payload,
}
