#!lua flags=allow-oom
-- work_renew: the lease runs that much longer from now.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 lease, ms
-- Answers  { 'done', until } or { 'lost' }: the token is no longer the lease's
-- A crash right after leaves the longer lease, which runs out.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not lease or lease < 1 then return redis.error_reply('ARGS work_renew: a lease in ms') end
local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
local facts = text and cjson.decode(text)
if not facts or facts.k ~= token then return { 'lost' } end

local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + lease
redis.call('ZADD', prefix .. 'leased', ends, id)
if not facts.rn then
  facts.rn = 1
  redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
end
return { 'done', ends }
