#!lua flags=allow-oom
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
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function wake()
  if redis.call('LLEN', prefix .. 'wake') < 2 then redis.call('RPUSH', prefix .. 'wake', '1') end
end

local function bury(facts)
  facts.d = now
  redis.call('RPUSH', prefix .. 'dead', id)
  if facts.u then redis.call('HDEL', prefix .. 'unique', facts.u) end
  if facts.r then
    redis.call('DEL', prefix .. 'result:' .. id)
    redis.call('RPUSH', prefix .. 'result:' .. id, 'dead ' .. facts.why)
    redis.call('PEXPIRE', prefix .. 'result:' .. id, facts.r)
  end
end

local function give_back(facts)
  if delay > 0 then
    redis.call('ZADD', prefix .. 'delayed', now + delay, id)
  else
    redis.call(counts and 'RPUSH' or 'LPUSH', prefix .. 'ready:' .. facts.p, id)
  end
  wake()
end

if not delay or delay < 0 then return redis.error_reply('ARGS work_release: a delay in ms') end
local text = redis.call('HGET', prefix .. 'item', id .. ':facts')
local facts = text and cjson.decode(text)
if not facts or facts.k ~= token then return { 'lost' } end

facts.why = string.sub(ARGV[5] or '', 1, 500)
facts.k, facts.rn = nil, nil
if not counts then facts.n = facts.n - 1 end
local last = counts and facts.l and facts.n >= facts.l
redis.call('ZREM', prefix .. 'leased', id)
if last then bury(facts) else give_back(facts) end
redis.call('HSET', prefix .. 'item', id .. ':facts', cjson.encode(facts))
return { last and 'dead' or 'done' }
