-- Notes that this generation was asked: it is looked at next when it must have answered.
local due, session = KEYS[1], KEYS[2]
local id, owner, generation = ARGV[1], ARGV[2], tonumber(ARGV[3])
local at = now()
local known = redis.call('HMGET', session, 'g', 'o', 'x')
if not is_live(known[3], at) then
  return {MISSING, '', 0, ''}
end
if is_stale(known[1], known[2], generation, owner) then
  return {STALE, '', tonumber(known[1]), known[2]}
end
if tonumber(known[1]) ~= generation then
  return {MISSING, '', 0, ''}
end
local due_at, expires_in = at + tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('HSET', session, 'p', 'q', 'd', due_at, 'x', at + expires_in, 'v', '0')
redis.call('PEXPIRE', session, expires_in + KEPT)
redis.call('ZADD', due, due_at, id)
return {STORED, '', generation, owner}
