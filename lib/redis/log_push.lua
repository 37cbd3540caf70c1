#!lua
-- log_push: appends a console's records to the bounded list of a log, each exactly once.
--
-- KEYS[1]  lineman:{log.NAME}, the list   KEYS[2]  lineman:{log.NAME}:at, per node the place behind
--          its last record: EPOCH:OFFSET:EVENTS of its journal
-- ARGV     1 node   2 the place before these records   3 the place behind them
--          4 how many records the list keeps   5... records, up to 10000
-- Answers  'OK', or the place that the list has, where it is another one of the same epoch: then
--          nothing was appended, and who asks goes on from there.
-- A crash right after leaves records and place, or neither: it is one script.
local length = tonumber(ARGV[4])
if not length or length < 1 or #ARGV > 10004 then
  return redis.error_reply('ARGS log_push: a length of 1 or more, up to 10000 records')
end
local at = redis.call('HGET', KEYS[2], ARGV[1])
if at and at ~= ARGV[2] and string.match(at, '^%-?%d+') == string.match(ARGV[2], '^%-?%d+') then
  return at
end
for i = 5, #ARGV do
  redis.call('RPUSH', KEYS[1], ARGV[i])
end
redis.call('LTRIM', KEYS[1], -length, -1)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 'OK'
