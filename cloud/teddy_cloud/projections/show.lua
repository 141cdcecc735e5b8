-- Readers see the copy that a rebuild made from now on, if it is as far as the one they see; that one goes.
-- If it is not, who takes the seen one on is refused so many times: else one that moves with every event could
-- never be caught up with. A rebuild that dies meanwhile holds nobody up for longer.
-- KEYS: standing, events, listing of the copy that goes
-- ARGV: model, copy that comes, its position, rebuild, how often others are refused
-- Gives 1; 0 where it is not as far; -1 where it is not this rebuild's to show.
local model, copy = ARGV[1], ARGV[2]
local other = copy == 'a' and 'b' or 'a'
local found = redis.call('HMGET', KEYS[1], model, model .. '/making', model .. '/' .. copy, model .. '/' .. other)
local own, seen = found[3] or '0-0', found[4] or '0-0'
if (found[1] or 'a') ~= other or found[2] ~= ARGV[4] or own ~= ARGV[3] then return -1 end
if is_later(seen, own) then
  if redis.call('XRANGE', KEYS[2], '(' .. own, seen, 'COUNT', 1)[1] then
    redis.call('HSET', KEYS[1], model .. '/held', ARGV[5])
    return 0
  end
  redis.call('HSET', KEYS[1], model .. '/' .. copy, seen) -- what lay between is kept no longer
end
redis.call('HSET', KEYS[1], model, copy, model .. '/made', ARGV[4])
redis.call('HDEL', KEYS[1], model .. '/making', model .. '/held', model .. '/' .. other)
for bear in pairs(take_away(KEYS[3])) do
  redis.call('PUBLISH', 'changed:' .. bear, bear)
end
return 1
