#!lua flags=allow-oom
--! use queue
--! use item
-- work_requeue: dead items are ready again, their tries begin anew. One whose unique key another item
-- has by now stays dead.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id, or '' for at most 100 from the front of the dead (those that stay go to its end)
-- Answers  { moved, kept, how many are dead now }
-- A crash right after leaves each item either dead or ready.
local prefix = string.sub(KEYS[1], 1, -5)
local moved, kept = 0, 0

local function revive(id, facts)
  facts.n, facts.d = nil, nil
  keep(prefix, id, facts)
  if facts.u then redis.call('HSET', prefix .. 'unique', facts.u, id) end
  redis.call('DEL', prefix .. 'result:' .. id)
  redis.call('RPUSH', prefix .. 'ready:' .. facts.p, id)
  wake(prefix)
  moved = moved + 1
end

-- `id` is out of the list already.
local function requeue(id)
  local facts = facts_of(prefix, id)
  if not facts then return end
  if facts.u and redis.call('HEXISTS', prefix .. 'unique', facts.u) == 1 then
    redis.call('RPUSH', prefix .. 'dead', id)
    kept = kept + 1
    return
  end
  revive(id, facts)
end

local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
for _, id in ipairs(take_dead(prefix, ARGV[1])) do requeue(id) end
return { moved, kept, redis.call('LLEN', prefix .. 'dead') }
