#!lua flags=no-writes
--! use queue
--! use item
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

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
local id = ARGV[1] ~= '' and ARGV[1] or first_ready()
if not id then return {} end
local facts, payload = parse_item(redis.call('HMGET', prefix .. 'item', id, id .. ':facts'))
if not facts then return {} end
local at = redis.call('ZSCORE', prefix .. 'leased', id) or redis.call('ZSCORE', prefix .. 'delayed', id)
return row(id, facts, tonumber(at) or 0, #payload, payload)
