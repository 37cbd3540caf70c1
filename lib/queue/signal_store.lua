#!lua flags=allow-oom
-- signal_store: a named waiter has written its line out; it will resume after it. Allowed when Redis
-- is full.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 the waiter's name   2 epoch   3 number   4 tag
-- Answers  'OK'
-- A crash right after leaves the position; right before, the last line comes again, none is skipped.
local prefix = string.sub(KEYS[1], 1, -5)
if ARGV[1] == '' or #ARGV[1] > 128 or not string.match(ARGV[3], '^%d+$') then
  return redis.error_reply('ARGS signal_store: a name, an epoch, a number, a tag')
end
redis.call('HSET', prefix .. 'at', ARGV[1], ARGV[2] .. '-' .. ARGV[3] .. '-' .. ARGV[4])
return redis.status_reply('OK')
