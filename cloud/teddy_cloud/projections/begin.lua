-- Begins to make the copy that readers do not see, or goes on with it.
-- KEYS: standing, listing of copy a, of copy b    ARGV: model, rebuild
-- Gives the copy and where it stands; nothing where this rebuild has finished the partition.
local model = ARGV[1]
local found = redis.call('HMGET', KEYS[1], model, model .. '/made', model .. '/making')
if found[2] == ARGV[2] then return {} end
local copy = found[1] == 'b' and 'a' or 'b'
local position = model .. '/' .. copy
if found[3] ~= ARGV[2] then -- what another rebuild left there
  take_away(copy == 'a' and KEYS[2] or KEYS[3])
  redis.call('HDEL', KEYS[1], position)
  redis.call('HSET', KEYS[1], model .. '/making', ARGV[2])
end
return {copy, redis.call('HGET', KEYS[1], position) or '0-0'}
