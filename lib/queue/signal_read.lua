#!lua flags=no-writes
--! use queue
-- signal_read: the messages after a position, and how many of them the ring has lost.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 epoch   2 number   3 tag, or ''   4 how many messages, 1 to 1000
-- Answers  { how many were missed, or -1: unknown; more ('1': call again), epoch, number, tag: the
--          position to go on from; then for each message its number, tag, payload }
-- Unknown: another epoch, or the position is not this Redis's (it came back older): then the messages
-- are from the first that there is. No more messages are given after the first MiB.
local prefix = string.sub(KEYS[1], 1, -5)
local epoch, number, tag, count = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local stream = prefix .. 'signal'

-- Whether the position is one of what lies here now.
local function is_ours(now, last)
  if epoch == '' and number == 0 then return true end
  if epoch ~= now or number > last then return false end
  local own = redis.call('XRANGE', stream, number .. '-0', number .. '-0')[1]
  return not own or tag == '' or own[2][4] == tag
end

-- Up to `count` entries after `number`, in steps, so that a million bytes end it.
local function entries_after(from)
  local found, bytes = {}, 0
  while #found < count and bytes < 1048576 do
    local step = redis.call('XRANGE', stream, '(' .. from .. '-0', '+', 'COUNT', math.min(16, count - #found))
    for _, entry in ipairs(step) do
      if bytes >= 1048576 then return found end
      found[#found + 1] = entry
      bytes = bytes + #entry[2][6]
      from = string.match(entry[1], '^%d+')
    end
    if #step < 16 then return found end
  end
  return found
end

if not number or not count or count < 1 or count > 1000 then
  return redis.error_reply('ARGS signal_read: an epoch, a number, a tag, 1 to 1000')
end
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'signal' then return mode_error(prefix, mode) end
local now = redis.call('GET', prefix .. 'epoch')
if not now and epoch == '' then return { 0, '0', '', 0, '' } end
local last = tonumber(redis.call('GET', prefix .. 'seq') or 0)
local ours = is_ours(now, last)
local from = ours and number or 0
local found = entries_after(string.format('%d', from))
local reached, reached_tag, answer = from, ours and tag or '', {}
for _, entry in ipairs(found) do
  reached, reached_tag = tonumber(string.match(entry[1], '^%d+')), entry[2][4]
  answer[#answer + 1] = reached
  answer[#answer + 1] = reached_tag
  answer[#answer + 1] = entry[2][6]
end
-- Nothing there, though numbers were given out: the ring was cut down to nothing.
if #found == 0 and last > from then reached, reached_tag = last, '' end
local missed = ours and reached - from - #found or -1
return { missed, reached < last and '1' or '0', now or '', reached, reached_tag, unpack(answer) }
