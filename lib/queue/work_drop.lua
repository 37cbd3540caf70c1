#!lua flags=allow-oom
-- work_drop: dead items go for ever.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id, or '' for at most 100 from the front of the dead
-- Answers  { dropped, 0, how many are dead now }
-- A crash right after leaves them gone.
local prefix = string.sub(KEYS[1], 1, -5)
local dropped = 0

local function drop(id)
  redis.call('HDEL', prefix .. 'item', id, id .. ':facts')
  dropped = dropped + 1
end

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then
  return redis.error_reply('MODE queue ' .. string.match(prefix, '{q%.(.*)}') .. ' is in ' .. mode .. ' mode')
end
if ARGV[1] ~= '' then
  if redis.call('LREM', prefix .. 'dead', 1, ARGV[1]) == 1 then drop(ARGV[1]) end
else
  for _, id in ipairs(redis.call('LPOP', prefix .. 'dead', 100) or {}) do drop(id) end
end
return { dropped, 0, redis.call('LLEN', prefix .. 'dead') }
