#!lua flags=allow-oom
-- work_requeue: dead items are ready again, their tries begin anew. One whose unique key another item
-- has by now stays dead.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id, or '' for at most 100 from the front of the dead (those that stay go to its end)
-- Answers  { moved, kept, how many are dead now }
-- A crash right after leaves each item either dead or ready.
local prefix = string.sub(KEYS[1], 1, -5)
local moved, kept = 0, 0

local function wake()
  if redis.call('LLEN', prefix .. 'wake') < 2 then redis.call('RPUSH', prefix .. 'wake', '1') end
end

local function revive(id, facts)
  facts.n, facts.d = nil, nil
  redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
  if facts.u then redis.call('HSET', prefix .. 'unique', facts.u, id) end
  redis.call('DEL', prefix .. 'result:' .. id)
  redis.call('RPUSH', prefix .. 'ready:' .. facts.p, id)
  wake()
  moved = moved + 1
end

-- `id` is out of the list already.
local function requeue(id)
  local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
  local facts = text and cjson.decode(text)
  if not facts then return end
  if facts.u and redis.call('HEXISTS', prefix .. 'unique', facts.u) == 1 then
    redis.call('RPUSH', prefix .. 'dead', id)
    kept = kept + 1
    return
  end
  revive(id, facts)
end

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then
  return redis.error_reply('MODE queue ' .. string.match(prefix, '{q%.(.*)}') .. ' is in ' .. mode .. ' mode')
end
if ARGV[1] ~= '' then
  if redis.call('LREM', prefix .. 'dead', 1, ARGV[1]) == 1 then requeue(ARGV[1]) end
else
  for _, id in ipairs(redis.call('LPOP', prefix .. 'dead', 100) or {}) do requeue(id) end
end
return { moved, kept, redis.call('LLEN', prefix .. 'dead') }
