-- Takes sessions that are due for at least the given time and puts each a lease ahead, so that nobody else takes it
-- meanwhile. The lease grows with how late a session is: one without an owner is looked at ever more rarely.
-- Answers the epoch, the time until something is due next (-1: nothing is), the sessions, and what is first in the
-- due set now, with its score.
local due, epoch_key = KEYS[1], KEYS[2]
local prefix, max, overdue, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local at = now()
local epoch = epoch_of(epoch_key, ARGV[5])
local claimed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', at - overdue, 'LIMIT', 0, max)) do
  local session = prefix .. id
  local known = redis.call('HMGET', session, 'g', 'o', 'p', 'd', 'x')
  if not is_live(known[5], at) then
    redis.call('ZREM', due, id)
    redis.call('DEL', session)
  elseif known[3] == 'q' then
    -- The answer is late and the owner deals with that; all that is left is to be forgotten in the end.
    redis.call('ZADD', due, known[5], id)
  else
    local late = math.max(0, at - tonumber(known[4]))
    redis.call('ZADD', due, math.min(at + math.max(lease, late), tonumber(known[5])), id)
    claimed[#claimed + 1] = {id, tonumber(known[1]), known[2], late}
  end
end
local next_in = -1
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if first[2] then
  next_in = math.max(0, tonumber(first[2]) - at)
end
return {epoch, next_in, claimed, first}
