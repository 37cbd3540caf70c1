#!lua flags=allow-oom
--! use queue
--! use item
-- work_bury: a leased item goes to the dead at once; its unique key is free.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 why, for the lists (cut at 500 bytes)
-- Answers  { 'dead' } or { 'lost' }: the token is no longer the lease's
-- A crash right after leaves the item dead, until it is requeued or dropped.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token = ARGV[1], ARGV[2]
local facts = held_with(prefix, id, token)
if not facts then return { 'lost' } end

facts.why = string.sub(ARGV[3] or '', 1, 500)
facts.k, facts.rn = nil, nil
redis.call('ZREM', prefix .. 'leased', id)
bury(prefix, id, facts, clock())
return { 'dead' }
