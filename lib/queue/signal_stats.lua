#!lua flags=no-writes
--! use queue
-- signal_stats: what the ring holds.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     none
-- Answers  { mode ('' when the queue does not exist), epoch, number of the last message, number of the
--          first that is kept (0: none), how many are kept, how many named waiters there are }
local prefix = string.sub(KEYS[1], 1, -5)
local mode = redis.call('GET', KEYS[1]) or ''
if mode ~= '' and mode ~= 'signal' then return mode_error(prefix, mode) end
local first = redis.call('XRANGE', prefix .. 'signal', '-', '+', 'COUNT', 1)[1]
return {
  mode,
  redis.call('GET', prefix .. 'epoch') or '',
  tonumber(redis.call('GET', prefix .. 'seq') or 0),
  first and tonumber(string.match(first[1], '^%d+')) or 0,
  redis.call('XLEN', prefix .. 'signal'),
  redis.call('HLEN', prefix .. 'at'),
}
