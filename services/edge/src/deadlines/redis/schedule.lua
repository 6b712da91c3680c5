-- Writes a session, unless a newer generation of it is known, or the same one of another edge.
-- A generation never goes back from asked to active.
local due, session, epoch_key = KEYS[1], KEYS[2], KEYS[3]
local id, owner, generation, phase = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local at = now()
local epoch = epoch_of(epoch_key, ARGV[10])
local known = redis.call('HMGET', session, 'g', 'o', 'p', 'x')
if is_live(known[4], at) then
  if is_stale(known[1], known[2], generation, owner) then
    return {STALE, epoch, tonumber(known[1]), known[2]}
  end
  if tonumber(known[1]) == generation and known[3] == 'q' and phase == 'a' then
    return {STORED, epoch, generation, owner}
  end
end
local due_at, expires_in = at + tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('HSET', session, 'g', generation, 'o', owner, 'p', phase, 'd', due_at, 'x', at + expires_in,
  'v', 0, 'l', ARGV[7], 'u', ARGV[8], 'r', ARGV[9])
redis.call('PEXPIRE', session, expires_in + KEPT)
redis.call('ZADD', due, due_at, id)
return {STORED, epoch, generation, owner}
