-- queue: what the scripts of all queues share. `prefix` is lineman:{q.NAME}: here and there.

-- Redis's clock, ms since 1970.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function mode_error(prefix, mode)
  return redis.error_reply('MODE queue ' .. string.match(prefix, '{q%.(.*)}') .. ' is in ' .. mode .. ' mode')
end

-- The queue's epoch: `fresh` where it has none.
local function epoch_of(prefix, fresh)
  local epoch = redis.call('GET', prefix .. 'epoch')
  if epoch then return epoch end
  redis.call('SET', prefix .. 'epoch', fresh)
  return fresh
end
