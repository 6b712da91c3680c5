-- Milliseconds by this server's own clock: no edge's clock is ever compared with it.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
