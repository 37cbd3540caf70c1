#!lua flags=allow-oom
--! use queue
--! use item
-- work_take: takes the most urgent item under a lease. First what is due becomes ready, and what is
-- overdue comes back (a taker died), or is dead when that was its last try; at most 100 in a call.
-- Allowed when Redis is full: taking is the way to make room.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 lease, ms   2 token, random, up to 64 bytes   3 the worker's name for the lists
-- Answers  { now, next } when nothing is ready, else { now, next, item }
--          now: Redis's clock, ms since 1970; next: when a delayed item or a lease is due next, -1 for
--          never; item: { id, priority, put, tries with this one, limit, result, unique, worker,
--          reason, lease until, size, payload }
-- A crash right after leaves the item leased; it comes back when the lease has run out, the try counted.
local prefix = string.sub(KEYS[1], 1, -5)
local lease, token, worker = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local now = clock()

local function came_back(id, facts)
  facts.why = 'lease ran out, taken by ' .. (facts.w or '?') .. (facts.rn and '' or ', never renewed')
  facts.k, facts.rn = nil, nil
  if facts.l and facts.n >= facts.l then return bury(prefix, id, facts, now) end
  keep(prefix, id, facts)
  redis.call('RPUSH', prefix .. 'ready:' .. facts.p, id)
end

-- At most `room` of what a set has up to now; answers how many that were.
local function move(set, room, to)
  local ids = redis.call('ZRANGEBYSCORE', prefix .. set, '-inf', now, 'LIMIT', 0, room)
  for _, id in ipairs(ids) do
    redis.call('ZREM', prefix .. set, id)
    local facts = facts_of(prefix, id)
    if facts then to(id, facts) end
  end
  return #ids
end

local function move_due()
  local moved = move('delayed', 100, function(id, facts) redis.call('RPUSH', prefix .. 'ready:' .. facts.p, id) end)
  if moved < 100 then move('leased', 100 - moved, came_back) end
end

local function next_due()
  local least = -1
  for _, set in ipairs({ 'delayed', 'leased' }) do
    local due = tonumber(redis.call('ZRANGE', prefix .. set, 0, 0, 'WITHSCORES')[2])
    if due and (least < 0 or due < least) then least = due end
  end
  return least
end

-- The most urgent id, out of its list, and the priority from which more may be ready.
local function pop()
  for p = 0, 9 do
    local id = redis.call('LPOP', prefix .. 'ready:' .. p)
    if id then return id, p end
  end
end

local function wake_next(from)
  for p = from, 9 do
    if redis.call('EXISTS', prefix .. 'ready:' .. p) == 1 then return wake(prefix) end
  end
end

local function lease_out(id, facts)
  facts.n = (facts.n or 0) + 1
  facts.k, facts.w, facts.rn = token, worker, nil
  keep(prefix, id, facts)
  redis.call('ZADD', prefix .. 'leased', now + lease, id)
end

if not lease or lease < 1 or token == '' or #token > 64 or #worker > 256 then
  return redis.error_reply('ARGS work_take: a lease in ms, a token, a name')
end
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
move_due()
local id, priority = pop()
if not id then return { now, next_due() } end
local facts, payload = parse_item(redis.call('HMGET', prefix .. 'item', id, id .. ':facts'))
lease_out(id, facts)
wake_next(priority)
return { now, next_due(), row(id, facts, now + lease, #payload, payload) }
