#!lua flags=allow-oom
--! use queue
--! use item
-- work_take: takes the most urgent item under a lease. First what is due becomes ready, and what is
-- overdue comes back (a taker died), or is dead when that was its last try; at most 100 in a call.
-- Allowed when Redis is full: taking is the way to make room. It stands between a put and who waits
-- for it, so calls are few, and numbers given to them are text where that is known: as a number each
-- costs as much as the call.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 lease, ms   2 token, random, up to 64 bytes   3 the worker's name for the lists
--          4 channel, random, up to 64 bytes, by which to stand by where nothing is ready, or ''
--          5 token of the call before, by which one stands by no longer, or ''
-- Answers  { now, next } when nothing is ready, else { now, next, item }
--          now: Redis's clock, ms since 1970; next: when a delayed item or a lease is due next, -1 for
--          never; item: { id, priority, put, tries with this one, limit, result, unique, worker,
--          reason, lease until, size, payload }
-- Who stands by, under the token of this call, hears of an item in a message to
-- lineman:{q.NAME}:taker:CHANNEL: leased to him by the put, or empty: he should look.
-- A crash right after leaves the item leased; it comes back when the lease has run out, the try counted.
local prefix = string.sub(KEYS[1], 1, -5)
local lease, token, worker = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local channel, former = ARGV[4] or '', ARGV[5] or ''
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

-- When the first of both sets is due, math.huge for never.
local function first_due()
  local delayed = redis.call('ZRANGE', prefix .. 'delayed', '0', '0', 'WITHSCORES')[2]
  local leased = redis.call('ZRANGE', prefix .. 'leased', '0', '0', 'WITHSCORES')[2]
  return math.min(tonumber(delayed) or math.huge, tonumber(leased) or math.huge)
end

-- The most urgent id, out of its list; and the lists.
local function pop()
  local lists = ready_lists(prefix)
  lists[11] = 'LEFT'
  local popped = redis.call('LMPOP', '10', unpack(lists))
  return popped and popped[2][1], lists
end

-- The facts with the lease, as text. That of an item which was never taken is only made longer.
local function lease_facts(facts, text)
  local fresh = not facts.w
  facts.n = (facts.n or 0) + 1
  facts.k, facts.w, facts.rn = token, worker, nil
  return fresh and first_lease(text, token, worker) or cjson.encode(facts)
end

-- The latest are at the end.
local function stand_by()
  local list = prefix .. 'standby'
  local count = redis.call('RPUSH', list, registration(channel, token, ARGV[1], worker))
  if count > 10000 then redis.call('LTRIM', list, -10000, -1) end
end

local function bad_standby()
  if channel == '' and former == '' then return false end
  return #channel > 64 or string.find(channel .. token .. former, '%s') or not string.find(ARGV[1], '^%d+$')
end

if not lease or lease < 1 or token == '' or #token > 64 or #worker > 256 then
  return redis.error_reply('ARGS work_take: a lease in ms, a token, a name')
end
if bad_standby() then
  return redis.error_reply('ARGS work_take: a channel and tokens without spaces, a lease of digits')
end
if former ~= '' then
  redis.call('LREM', prefix .. 'standby', -1, registration(channel, former, ARGV[1], worker))
end
local due = first_due()
if due <= now then
  move_due()
  due = first_due()
end
local id, lists = pop()
if not id then
  -- What something came out of is in work mode.
  local mode = redis.call('GET', KEYS[1])
  if mode and mode ~= 'work' then return mode_error(prefix, mode) end
  if channel ~= '' then stand_by() end
  return { now, due < math.huge and due or -1 }
end
local ends = now + lease
local facts, payload, text = parse_item(redis.call('HMGET', prefix .. 'item', id, id .. ':facts'))
redis.call('HSET', prefix .. 'item', id .. ':facts', lease_facts(facts, text))
redis.call('ZADD', prefix .. 'leased', string.format('%d', ends), id)
if redis.call('EXISTS', unpack(lists, facts.p + 1, 10)) > 0 then wake(prefix) end
return { now, math.min(due, ends), row(id, facts, ends, #payload, payload) }
