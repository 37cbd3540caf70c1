#!lua flags=allow-oom
--! use queue
--! use item
-- work_release: gives a leased item back. A try that counts sends it to the end of its priority after
-- the delay, or to the dead when it was the last one; one that does not count, to the front.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 id   2 token of the lease   3 delay, ms   4 '1': the try counts, '0': it does not
--          5 why, for the lists (cut at 500 bytes)
-- Answers  { 'done' }, { 'dead' } or { 'lost' }: the token is no longer the lease's
-- A crash right after leaves the item ready, delayed or dead.
local prefix = string.sub(KEYS[1], 1, -5)
local id, token, delay, counts = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
if not delay or delay < 0 then return redis.error_reply('ARGS work_release: a delay in ms') end
local facts = held_with(prefix, id, token)
if not facts then return { 'lost' } end

facts.why = string.sub(ARGV[5] or '', 1, 500)
facts.k, facts.rn = nil, nil
if not counts then facts.n = facts.n - 1 end
redis.call('ZREM', prefix .. 'leased', id)
if counts and facts.l and facts.n >= facts.l then
  bury(prefix, id, facts, clock())
  return { 'dead' }
end
keep(prefix, id, facts)
if delay > 0 then
  redis.call('ZADD', prefix .. 'delayed', clock() + delay, id)
else
  redis.call(counts and 'RPUSH' or 'LPUSH', prefix .. 'ready:' .. facts.p, id)
end
wake(prefix)
return { 'done' }
