-- Does what the other scripts do, to keys like theirs, and leaves nothing behind: nobody sees what is between. What a
-- lack of rights leaves is cleared away by time, or by the next claim.
local due, session, epoch = KEYS[1], KEYS[2], KEYS[3]
redis.call('TIME')
redis.call('GET', epoch)
redis.call('HSET', session, 'g', 0)
redis.call('PEXPIRE', session, 1000)
redis.call('HMGET', session, 'g')
redis.call('ZADD', due, 0, ARGV[1])
redis.call('ZRANGEBYSCORE', due, '-inf', '-inf', 'LIMIT', 0, 1)
redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
redis.call('ZREM', due, ARGV[1])
return redis.call('DEL', session)
