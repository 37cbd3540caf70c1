#!lua flags=allow-oom
--! use queue
--! use item
-- work_renew: the lease runs that much longer from now.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 lease, ms
-- Answers  { 'done', until } or { 'lost' }: the token is no longer the lease's
-- A crash right after leaves the longer lease, which runs out.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not lease or lease < 1 then return redis.error_reply('ARGS work_renew: a lease in ms') end
local facts = held_with(prefix, id, token)
if not facts then return { 'lost' } end

local ends = clock() + lease
redis.call('ZADD', prefix .. 'leased', ends, id)
if not facts.rn then
  facts.rn = 1
  keep(prefix, id, facts)
end
return { 'done', ends }
