#!lua flags=allow-oom
-- work_bury: a leased item goes to the dead at once; its unique key is free.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 why, for the lists (cut at 500 bytes)
-- Answers  { 'dead' } or { 'lost' }: the token is no longer the lease's
-- A crash right after leaves the item dead, until it is requeued or dropped.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token = ARGV[1], ARGV[2]
local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
local facts = text and cjson.decode(text)
if not facts or facts.k ~= token then return { 'lost' } end

local time = redis.call('TIME')
facts.d = time[1] * 1000 + math.floor(time[2] / 1000)
facts.why = string.sub(ARGV[3] or '', 1, 500)
facts.k, facts.rn = nil, nil
redis.call('ZREM', prefix .. 'leased', id)
redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
redis.call('RPUSH', prefix .. 'dead', id)
if facts.u then redis.call('HDEL', prefix .. 'unique', facts.u) end
if facts.r then
  local result = prefix .. 'result:' .. id
  redis.call('DEL', result)
  redis.call('RPUSH', result, 'dead ' .. facts.why)
  redis.call('PEXPIRE', result, facts.r)
end
return { 'dead' }
