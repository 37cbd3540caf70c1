#!lua
--! use queue
-- signal_put: numbers messages and appends them to the ring.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 epoch for a queue that has none, 8 random hex digits   2 tag, 4 random hex digits
--          3 how many the ring keeps, 1 or more   4 '=' exactly, '~' or up to about a hundred more
--          5... payloads, 1 to 1000
-- Answers  { epoch, number of the last one, tag }
-- The entry of message N has the id N-0 and the fields e (epoch), t (tag), m (payload); so who knows
-- a number knows the id after which to wait with XREAD BLOCK.
-- A crash right after leaves the messages there; a client that heard no answer does not know it.
local prefix = string.sub(KEYS[1], 1, -5)
local ring = tonumber(ARGV[3])
if not ring or ring < 1 or (ARGV[4] ~= '=' and ARGV[4] ~= '~') or #ARGV < 5 or #ARGV > 1004 then
  return redis.error_reply('ARGS signal_put: a ring of 1 or more, = or ~, 1 to 1000 payloads')
end
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'signal' then return mode_error(prefix, mode) end

local last = redis.call('INCRBY', prefix .. 'seq', #ARGV - 4)
if not mode then redis.call('SET', KEYS[1], 'signal') end
local epoch = epoch_of(prefix, ARGV[1])
local stream, tag, format = prefix .. 'signal', ARGV[2], string.format
for i = 5, #ARGV do
  redis.call('XADD', stream, format('%d-0', last - #ARGV + i), 'e', epoch, 't', tag, 'm', ARGV[i])
end
redis.call('XTRIM', stream, 'MAXLEN', ARGV[4], ring)
return { epoch, last, ARGV[2] }
