#!lua flags=allow-oom
--! use queue
-- signal_start: fixes a waiter's position before it looks for the first time: "now", or what a named
-- waiter has stored. A named one that is new gets now's position stored, so that it misses nothing
-- even when it dies before its first message.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 the waiter's name, '' for none   2 epoch for a queue that has none, 8 random hex digits
-- Answers  { 'now' or 'stored', epoch ('' when the queue does not exist), number, tag }
-- Without a name nothing is written. A crash right after leaves the stored position.
local prefix = string.sub(KEYS[1], 1, -5)
local name = ARGV[1]

local function now()
  local last = redis.call('XREVRANGE', prefix .. 'signal', '+', '-', 'COUNT', 1)[1]
  local number = redis.call('GET', prefix .. 'seq') or '0'
  local same = last and last[1] == number .. '-0'
  return { 'now', redis.call('GET', prefix .. 'epoch') or '', number, same and last[2][4] or '' }
end

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'signal' then return mode_error(prefix, mode) end
if name == '' then return now() end
local stored = redis.call('HGET', prefix .. 'at', name)
if stored then return { 'stored', string.match(stored, '^(.-)-(.-)-(.*)$') } end
if not mode then redis.call('SET', KEYS[1], 'signal') end
redis.call('SET', prefix .. 'epoch', ARGV[2], 'NX')
local at = now()
redis.call('HSET', prefix .. 'at', name, at[2] .. '-' .. at[3] .. '-' .. at[4])
return at
