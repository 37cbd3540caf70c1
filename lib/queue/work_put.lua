#!lua
--! use queue
--! use item
--! use put
-- work_put: puts items into a work queue, all with the same options, in their order.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 epoch for a queue that has none, 8 random hex digits   2 tag, 4 random hex digits
--          3 priority, 0 (taken first) to 9   4 delay, ms   5 tries, 0 for any number
--          6 keep the result so long, ms, 0 when it is not wanted
--          7 unique key, '' for none (then only one item)
--          8 waiting items at most, 0 for any number   9 what then: 'refuse' or 'drop'
--          10... payloads, 1 to 1000
-- Answers  { 'put', dropped, id, ... }   dropped: how many of the oldest made room
--          { 'full', 0, id, ... }        only the first ones were put: as many as there are ids
--          { 'exists', 0, id }           the unique key's item; nothing was put
-- One item that is not delayed goes to a taker that stands by, where there is one: it is told the
-- item, and the item is leased to it.
-- A crash right after leaves the items in the queue; a client that heard no answer does not know it.
local prefix = string.sub(KEYS[1], 1, -5)
local priority, delay, limit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local result, unique, max = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local first, last = 10, #ARGV
local mode, epoch = unpack(redis.call('MGET', KEYS[1], prefix .. 'epoch'))

local function bad_arguments()
  if not (priority and delay and limit and result and max) then return 'a number is missing' end
  if priority < 0 or priority > 9 or priority % 1 ~= 0 then return 'priority is 0 to 9' end
  if delay < 0 or limit < 0 or result < 0 or max < 0 then return 'a number is negative' end
  if ARGV[9] ~= 'refuse' and ARGV[9] ~= 'drop' then return 'refuse or drop' end
  if last < first or last - first >= 1000 then return '1 to 1000 payloads' end
  if unique ~= '' and last > first then return 'a unique key is for one payload' end
end

-- Makes room, or leaves out what has none; answers how many were dropped. Bounded: a queue far above
-- its maximum shrinks with each put.
local function make_room()
  if max == 0 then return 0 end
  local count = waiting(prefix)
  if ARGV[9] == 'refuse' then
    last = math.min(last, first + math.max(0, max - count) - 1)
    return 0
  end
  local dropped = math.max(0, last - first + 1 - max)
  first = first + dropped
  local over = math.min(count + last - first + 1 - max, count, last - first + 101)
  for _ = 1, over do drop_oldest(prefix) end
  return dropped + math.max(0, over)
end

-- The item for a taker that stands by: a line that says all of it, the unique key, the payload.
local function handed(id, now, token, lease)
  local line = string.format(
    '%s %s %d %d %d %d %d %d %d\n', token, id, priority, now, limit, result, now + lease, now, #unique
  )
  return line .. unique .. ARGV[first]
end

-- One item, for now: to a taker that stands by, unless others are ready, which go first.
local function put_one(id, now, facts)
  local others, token, lease, worker
  local told = tell_taker(prefix, function(...)
    if others == nil then others = redis.call('EXISTS', unpack(ready_lists(prefix))) > 0 end
    token, lease, worker = ...
    return others and '' or handed(id, now, token, lease)
  end, #ARGV[first] > 4096)
  if told and not others then
    return store_leased(prefix, id, ARGV[first], first_lease(facts, token, worker), now + lease)
  end
  store(prefix, { id }, facts, false, ARGV, first)
  make_ready(prefix, { id }, priority)
  if not told then leave_token(prefix) end
end

local function put_all(ids, now, facts)
  store(prefix, ids, facts, delay > 0, ARGV, first)
  if delay > 0 then
    make_delayed(prefix, ids, now + delay)
  else
    make_ready(prefix, ids, priority)
  end
  for _ = 1, math.min(#ids, 2) do wake(prefix) end
end

local function put()
  local now = clock()
  local count = last - first + 1
  local number = redis.call('INCRBY', prefix .. 'next', string.format('%d', count)) - count
  if not mode then redis.call('SET', KEYS[1], 'work') end
  local ids, head, tail, format = {}, (epoch or epoch_of(prefix, ARGV[1])) .. '-', '-' .. ARGV[2], string.format
  for i = 1, count do ids[i] = head .. format('%d', number + i) .. tail end
  if unique ~= '' then redis.call('HSET', prefix .. 'unique', unique, ids[1]) end
  local facts = first_facts(now, priority, limit, result, unique)
  if count == 1 and delay == 0 then
    put_one(ids[1], now, facts)
  else
    put_all(ids, now, facts)
  end
  return ids
end

local bad = bad_arguments()
if bad then return redis.error_reply('ARGS work_put: ' .. bad) end
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
if unique ~= '' then
  local other = redis.call('HGET', prefix .. 'unique', unique)
  if other then return { 'exists', 0, other } end
end
local wanted = last
local dropped = make_room()
if last < first then return { 'full', 0 } end
return { last < wanted and 'full' or 'put', dropped, unpack(put()) }
