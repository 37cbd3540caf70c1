#!lua flags=allow-oom
--! use queue
--! use item
-- work_drop: dead items go for ever.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id, or '' for at most 100 from the front of the dead
-- Answers  { dropped, 0, how many are dead now }
-- A crash right after leaves them gone.
local prefix = string.sub(KEYS[1], 1, -5)
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
local ids = take_dead(prefix, ARGV[1])
for _, id in ipairs(ids) do redis.call('HDEL', prefix .. 'item', id, id .. ':facts') end
return { #ids, 0, redis.call('LLEN', prefix .. 'dead') }
