#!lua flags=allow-oom
-- signal_forget: a named waiter does not come back; its position goes.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 the waiter's name
-- Answers  1, or 0 when there was none
return redis.call('HDEL', string.sub(KEYS[1], 1, -5) .. 'at', ARGV[1])
