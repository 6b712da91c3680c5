-- Makes another edge the owner of a session of the same user, login session and recipe; deadline and phase stay.
local due, session = KEYS[1], KEYS[2]
local id, owner = ARGV[1], ARGV[2]
local user, login_session, recipe = ARGV[3], ARGV[4], ARGV[5]
local at = now()
local known = redis.call('HMGET', session, 'g', 'o', 'p', 'd', 'x', 'u', 'l', 'r')
if not is_live(known[5], at) then
  return false
end
if known[6] ~= user or known[7] ~= login_session or known[8] ~= recipe then
  return false
end
local generation = tonumber(known[1]) + 1
redis.call('HSET', session, 'g', generation, 'o', owner)
-- What was claimed for the owner before is due again for this one.
redis.call('ZADD', due, known[4], id)
return {generation, known[2], known[3], math.max(0, tonumber(known[4]) - at), tonumber(known[5]) - at}
