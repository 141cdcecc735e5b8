-- A page as readers see it.
-- KEYS: standing, the page in copy a, in copy b    ARGV: model, then lines (none: all of the page)
local key = redis.call('HGET', KEYS[1], ARGV[1]) == 'b' and KEYS[3] or KEYS[2]
if #ARGV == 1 then return redis.call('HGETALL', key) end
return redis.call('HMGET', key, unpack(ARGV, 2))
