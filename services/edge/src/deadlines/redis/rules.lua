-- A session is a hash: g generation, o owner, p phase ('a' active, 'q' asked), d when it must be asked or must have
-- answered, x when its token ends, l login session, u user, r recipe; v is 0, for builds that kept reviews here.
-- The due set holds when it is looked at next; that is pushed on by claims, d is not.

-- Answers of writes: what became of it, the epoch, and whose generation stands against it.
local STORED, MISSING, STALE = 1, 0, 2

-- How long a session stays readable past its end, in milliseconds.
local KEPT = 60000

local function is_live(expires, at)
  return expires and tonumber(expires) > at
end

local function is_stale(known_generation, known_owner, generation, owner)
  known_generation = tonumber(known_generation)
  return known_generation > generation
    or (known_generation == generation and known_owner ~= owner)
end

-- The first to find the epoch missing sets it: that is how everybody learns that this server was emptied.
local function epoch_of(key, fresh)
  local epoch = redis.call('GET', key)
  if not epoch then
    epoch = fresh
    redis.call('SET', key, epoch)
  end
  return epoch
end
