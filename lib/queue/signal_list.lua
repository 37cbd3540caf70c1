#!lua flags=no-writes
--! use queue
-- signal_list: named waiters and where they are, some at a time (HSCAN's promise: each that is there
-- all the time comes at least once).
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 cursor, '0' at first   2 about how many, 1 to 1000
-- Answers  { next cursor ('0': that was all), then name, epoch, number, tag of each }
local prefix = string.sub(KEYS[1], 1, -5)
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'signal' then return mode_error(prefix, mode) end
local count = tonumber(ARGV[2])
if not count or count < 1 or count > 1000 then return redis.error_reply('ARGS signal_list: 1 to 1000') end
local found = redis.call('HSCAN', prefix .. 'at', ARGV[1], 'COUNT', count)
local answer = { found[1] }
for i = 1, #found[2], 2 do
  local epoch, number, tag = string.match(found[2][i + 1], '^(.-)-(.-)-(.*)$')
  for _, value in ipairs({ found[2][i], epoch, number, tag }) do answer[#answer + 1] = value end
end
return answer
