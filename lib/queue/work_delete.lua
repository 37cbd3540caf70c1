#!lua flags=allow-oom
--! use item
-- work_delete: an item goes, in whatever state it is; its unique key is free, its taker finds the
-- lease lost. Of a ready or a dead one the list is searched: linear in its place there.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id
-- Answers  1, or 0 when there is no such item
-- A crash right after leaves the item gone.
local prefix = string.sub(KEYS[1], 1, -5)
local id = ARGV[1]

local function take_out(facts)
  if facts.d then
    redis.call('LREM', prefix .. 'dead', 1, id)
  elseif redis.call('ZREM', prefix .. 'leased', id) == 0 and redis.call('ZREM', prefix .. 'delayed', id) == 0 then
    redis.call('LREM', prefix .. 'ready:' .. facts.p, 1, id)
  end
end

local facts = facts_of(prefix, id)
if not facts then return 0 end
take_out(facts)
redis.call('HDEL', prefix .. 'item', id, id .. ':facts')
if not facts.d then free_unique(prefix, facts) end
tell_result(prefix, id, facts, 'deleted')
return 1
