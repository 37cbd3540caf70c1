-- item: what the scripts of work queues share.

-- Facts and payload of what stands in the item's two fields. Of one that was never taken the facts may
-- stand before the payload, in its first line.
local function parse_item(fields)
  local whole, text = fields[1] or '', fields[2]
  local line_end = string.find(whole, '\n', 1, true) or 0
  if not text and line_end > 1 then text = string.sub(whole, 1, line_end - 1) end
  return text and cjson.decode(text), string.sub(whole, line_end + 1), text
end

-- Without the payload, which may be long.
local function facts_of(prefix, id)
  local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
  if not text then text = string.match(redis.call('HGET', prefix .. 'item', id) or '', '^[^\n]+') end
  return text and cjson.decode(text)
end

-- The facts of an item that is leased with this token; nil: the lease is lost.
local function held_with(prefix, id, token)
  local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
  local facts = text and cjson.decode(text)
  return facts and facts.k == token and facts or nil
end

-- The text of facts that were never leased, with their first lease.
local function first_lease(text, token, worker)
  return string.sub(text, 1, -2) .. ',"n":1,"k":' .. cjson.encode(token) .. ',"w":' .. cjson.encode(worker) .. '}'
end

local function keep(prefix, id, facts)
  redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
end

-- The lists of what is ready, the most urgent first.
local function ready_lists(prefix)
  local ready = prefix .. 'ready:'
  return {
    ready .. '0', ready .. '1', ready .. '2', ready .. '3', ready .. '4', ready .. '5', ready .. '6', ready .. '7',
    ready .. '8', ready .. '9',
  }
end

-- Two tokens are enough: each taker wakes the next one while there is more.
local function leave_token(prefix)
  if redis.call('LLEN', prefix .. 'wake') < 2 then redis.call('RPUSH', prefix .. 'wake', '1') end
end

-- How a taker stands by is said in one text.
local function registration(channel, token, lease, worker)
  return channel .. ' ' .. token .. ' ' .. lease .. ' ' .. worker
end

-- Who may not ask has to try.
local function is_heard(channel)
  local count = redis.pcall('PUBSUB', 'NUMSUB', channel)[2]
  return type(count) ~= 'number' or count > 0
end

-- Tells one of those who stand by, the latest first, who is the likeliest to live: message(token,
-- lease, worker), which is made for who hears it alone where it is long. True: somebody heard it. Who
-- had a connection that is gone has none that hears; at most 100 of them are passed over in a call. A
-- caller who may not do this tells nobody.
local function tell_taker(prefix, message, long)
  for _ = 1, 100 do
    local entry = redis.pcall('RPOP', prefix .. 'standby')
    if type(entry) ~= 'string' then return false end
    local channel, token, lease, worker = string.match(entry, '^(%S+) (%S+) (%d+) (.*)$')
    channel = channel and prefix .. 'taker:' .. channel
    if channel and (not long or is_heard(channel)) then
      local heard = redis.pcall('PUBLISH', channel, message(token, lease, worker))
      if type(heard) ~= 'number' then return false end
      if heard > 0 then return true end
    end
  end
  return false
end

-- An empty message says to look.
local function wake(prefix)
  if not tell_taker(prefix, function() return '' end) then leave_token(prefix) end
end

-- Tells who wants the item's result how it ended, and what was written.
local function tell_result(prefix, id, facts, ending, ...)
  if not facts.r then return end
  local result = prefix .. 'result:' .. id
  redis.call('DEL', result)
  redis.call('RPUSH', result, ending, ...)
  redis.call('PEXPIRE', result, facts.r)
end

local function free_unique(prefix, facts)
  if facts.u then redis.call('HDEL', prefix .. 'unique', facts.u) end
end

-- To the dead, for the reason in the facts.
local function bury(prefix, id, facts, now)
  facts.d = now
  keep(prefix, id, facts)
  redis.call('RPUSH', prefix .. 'dead', id)
  free_unique(prefix, facts)
  tell_result(prefix, id, facts, 'dead ' .. facts.why)
end

-- Out of the list of the dead: the one with this id, or for '' at most 100 from its front. Their ids.
local function take_dead(prefix, id)
  if id == '' then return redis.call('LPOP', prefix .. 'dead', 100) or {} end
  return redis.call('LREM', prefix .. 'dead', 1, id) == 1 and { id } or {}
end

-- An item as answers have it.
local function row(id, f, at, size, payload)
  return { id, f.p, f.at, f.n or 0, f.l or 0, f.r or 0, f.u or '', f.w or '', f.why or '', at, size, payload }
end
