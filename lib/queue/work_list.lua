#!lua flags=no-writes
--! use queue
--! use item
-- work_list: a page of the items in one state, in their order. What moves between two pages may be
-- seen twice or not at all.
--
-- KEYS[1]  lineman:{q.NAME}:mode; the other keys have the same prefix
-- ARGV     1 'ready', 'delayed', 'leased' or 'dead'   2 cursor, '0' at first   3 how many, 1 to 100
--          4 how many bytes of each payload (of payloads up to 64 KiB), 0 for none
-- Answers  { next cursor, item, ... }, the cursor '0' when that was all; each item is
--          { id, priority, put, tries, limit, result, unique, worker, reason, at, size, payload }
--          at: when a delayed one is due, until when a lease runs, when a dead one died, else 0
local prefix = string.sub(KEYS[1], 1, -5)
local state, cursor, count, preview = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function ready_ids()
  local ids, skip = {}, cursor
  for p = 0, 9 do
    local key = prefix .. 'ready:' .. p
    local length = redis.call('LLEN', key)
    if skip < length and #ids < count then
      for _, id in ipairs(redis.call('LRANGE', key, skip, skip + count - #ids - 1)) do ids[#ids + 1] = id end
    end
    skip = math.max(0, skip - length)
  end
  return ids, {}
end

local function sorted_ids()
  local ids, at = {}, {}
  local flat = redis.call('ZRANGE', prefix .. state, cursor, cursor + count - 1, 'WITHSCORES')
  for i = 1, #flat, 2 do
    ids[#ids + 1] = flat[i]
    at[flat[i]] = tonumber(flat[i + 1])
  end
  return ids, at
end

local function page()
  if state == 'ready' then return ready_ids() end
  if state == 'dead' then return redis.call('LRANGE', prefix .. 'dead', cursor, cursor + count - 1), {} end
  return sorted_ids()
end

-- The size of a payload, and its beginning. The first line of a long one is empty.
local function look_at(id)
  local length = redis.call('HSTRLEN', prefix .. 'item', id)
  if length > (preview > 0 and 65537 or 8192) then return length - 1, '' end
  local whole = redis.call('HGET', prefix .. 'item', id) or '\n'
  local begin = string.find(whole, '\n', 1, true)
  return #whole - begin, string.sub(whole, begin + 1, begin + preview)
end

local states = { ready = true, delayed = true, leased = true, dead = true }
if not (states[state] and cursor and count and preview) or cursor < 0 or count < 1 or count > 100 then
  return redis.error_reply('ARGS work_list: a state, a cursor, 1 to 100, a number of bytes')
end
local mode = redis.call('GET', KEYS[1])
if mode and mode ~= 'work' then return mode_error(prefix, mode) end
local ids, at = page()
local rows = { #ids < count and '0' or tostring(cursor + count) }
for _, id in ipairs(ids) do
  local facts = facts_of(prefix, id) or { p = 5, at = 0 }
  rows[#rows + 1] = row(id, facts, at[id] or facts.d or 0, look_at(id))
end
return rows
