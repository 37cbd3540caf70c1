-- put: what a put into a work queue does. Not in its script, where each call would make all of these
-- functions anew, and the collector's work between a put and who waits for it is felt.

local function waiting(prefix)
  local count = redis.call('ZCARD', prefix .. 'delayed')
  for p = 0, 9 do count = count + redis.call('LLEN', prefix .. 'ready:' .. p) end
  return count
end

-- The longest waiting of the least urgent; a delayed one when nothing is ready.
local function oldest(prefix)
  for p = 9, 0, -1 do
    local id = redis.call('LPOP', prefix .. 'ready:' .. p)
    if id then return id end
  end
  return redis.call('ZPOPMIN', prefix .. 'delayed')[1]
end

local function drop_oldest(prefix)
  local id = oldest(prefix)
  local facts = facts_of(prefix, id) or {}
  redis.call('HDEL', prefix .. 'item', id, id .. ':facts')
  free_unique(prefix, facts)
  tell_result(prefix, id, facts, 'dropped')
end

local function first_facts(now, priority, limit, result, unique)
  local facts = string.format('{"p":%d,"at":%d', priority, now)
  if limit > 0 then facts = facts .. string.format(',"l":%d', limit) end
  if result > 0 then facts = facts .. string.format(',"r":%d', result) end
  if unique ~= '' then facts = facts .. ',"u":' .. cjson.encode(unique) end
  return facts .. '}'
end

-- The payloads are args[first] and what follows. The facts stand in the payload's first line, for a
-- second field is half of what a put costs; but in a field of their own, and the first line is empty,
-- where they are read without the payload (`late`: it will be due), or reading both would take long.
local function store(prefix, ids, facts, late, args, first)
  local line, fields, n = facts .. '\n', {}, 0
  for i, id in ipairs(ids) do
    local payload = args[first + i - 1]
    local apart = late or #payload > 4096
    fields[n + 1], fields[n + 2] = id, (apart and '\n' or line) .. payload
    n = n + 2
    if apart then
      fields[n + 1], fields[n + 2] = id .. ':facts', facts
      n = n + 2
    end
  end
  redis.call('HSET', prefix .. 'item', unpack(fields))
end

local function store_leased(prefix, id, payload, facts, ends)
  redis.call('HSET', prefix .. 'item', id, '\n' .. payload, id .. ':facts', facts)
  redis.call('ZADD', prefix .. 'leased', string.format('%d', ends), id)
end

local function make_ready(prefix, ids, priority)
  redis.call('RPUSH', prefix .. string.format('ready:%d', priority), unpack(ids))
end

local function make_delayed(prefix, ids, due)
  local scored = {}
  for i, id in ipairs(ids) do
    scored[2 * i - 1], scored[2 * i] = due, id
  end
  redis.call('ZADD', prefix .. 'delayed', unpack(scored))
end
