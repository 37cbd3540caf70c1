#!lua flags=allow-oom
--! use item
-- work_ack: the item is done and goes; its unique key is free. Allowed when Redis is full.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 how it ended: 'exit N' or 'signal N', 'exit 0' when left out
--          4... what it wrote: '1' or '2' (the descriptor), then the bytes; at most 1000 parts
-- Answers  { 'done' } or { 'lost' }: the token is no longer the lease's, and nothing was changed.
--          'lost' is also the answer to an ack that is repeated.
-- Where the result is wanted, result:ID becomes the list { how it ended, parts... } for its time.
-- A crash right after leaves the item done.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token = ARGV[1], ARGV[2]
if #ARGV > 1003 then return redis.error_reply('ARGS work_ack: at most 1000 parts') end
local facts = held_with(prefix, id, token)
if not facts then return { 'lost' } end

redis.call('HDEL', prefix .. 'item', id, id .. ':facts')
redis.call('ZREM', prefix .. 'leased', id)
free_unique(prefix, facts)
tell_result(prefix, id, facts, ARGV[3] or 'exit 0', unpack(ARGV, 4))
return { 'done' }
