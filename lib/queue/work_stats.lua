#!lua flags=no-writes
--! use queue
--! use item
-- work_stats: how many items are where.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     none
-- Answers  { mode ('' when the queue does not exist), epoch, put in this epoch, ready of priority 0,
--          ... of priority 9, delayed, leased, dead, unique keys, wake tokens, put time of the longest
--          waiting ready item (-1: none), next due time (-1: never), now }; times in ms since 1970
local prefix = string.sub(KEYS[1], 1, -5)
local mode = redis.call('GET', KEYS[1]) or ''
if mode ~= '' and mode ~= 'work' then return mode_error(prefix, mode) end

local answer = {
  mode, redis.call('GET', prefix .. 'epoch') or '', tonumber(redis.call('GET', prefix .. 'next') or 0),
}
local oldest = -1
for p = 0, 9 do
  answer[#answer + 1] = redis.call('LLEN', prefix .. 'ready:' .. p)
  local id = redis.call('LINDEX', prefix .. 'ready:' .. p, 0)
  local facts = id and facts_of(prefix, id)
  local put = facts and facts.at
  if put and (oldest < 0 or put < oldest) then oldest = put end
end
local next_due = -1
for _, set in ipairs({ 'delayed', 'leased' }) do
  answer[#answer + 1] = redis.call('ZCARD', prefix .. set)
  local due = tonumber(redis.call('ZRANGE', prefix .. set, 0, 0, 'WITHSCORES')[2])
  if due and (next_due < 0 or due < next_due) then next_due = due end
end
answer[#answer + 1] = redis.call('LLEN', prefix .. 'dead')
answer[#answer + 1] = redis.call('HLEN', prefix .. 'unique')
answer[#answer + 1] = redis.call('LLEN', prefix .. 'wake')
answer[#answer + 1] = oldest
answer[#answer + 1] = next_due
answer[#answer + 1] = clock()
return answer
