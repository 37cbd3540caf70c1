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

local function keep(prefix, id, facts)
  redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
end

-- Two tokens are enough: each taker wakes the next one while there is more.
local function wake(prefix)
  if redis.call('LLEN', prefix .. 'wake') < 2 then redis.call('RPUSH', prefix .. 'wake', '1') end
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
