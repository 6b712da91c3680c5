-- Takes tokens of one bucket, counted in microseconds: the key holds when the bucket is full again, by this server's
-- clock. Answers whether they were taken, and how long until the bucket is full.
local bucket = KEYS[1]
local cost, capacity, always = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- At most twice the capacity is owed: by additions of many replicas, or after this server's clock was set back.
local owed = 2 * capacity
local level = math.min(math.max((tonumber(redis.call('GET', bucket)) or now) - now, 0), owed)
if level + cost > capacity and not always then
  return {0, level}
end
-- What is given back has a cost below nothing.
level = math.min(math.max(level + cost, 0), owed)
if level > 0 then
  redis.call('SET', bucket, string.format('%.0f', now + level), 'PX', math.ceil(level / 1000))
else
  redis.call('DEL', bucket)
end
return {1, level}
