-- Forgets a session, unless a newer generation of it is known, or the same one of another edge.
local due, session = KEYS[1], KEYS[2]
local id, owner, generation = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = redis.call('HMGET', session, 'g', 'o', 'x')
if not is_live(known[3], now()) then
  return {MISSING, '', 0, ''}
end
if is_stale(known[1], known[2], generation, owner) then
  return {STALE, '', tonumber(known[1]), known[2]}
end
redis.call('ZREM', due, id)
redis.call('DEL', session)
return {STORED, '', generation, owner}
