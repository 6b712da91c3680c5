-- Makes a session due now, for its owner to ask however early it is. Answers whether there is such a session.
local due, session = KEYS[1], KEYS[2]
local at = now()
local known = redis.call('HMGET', session, 'p', 'x')
if not is_live(known[2], at) then
  return 0
end
if known[1] == 'a' then
  redis.call('HSET', session, 'v', '1')
  redis.call('ZADD', due, at, ARGV[1])
end
return 1
