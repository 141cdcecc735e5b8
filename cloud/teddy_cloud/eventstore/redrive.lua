-- One event out of the dead letters into the store, with its letter's end: both or neither.
-- KEYS: marks (of the redriven), events, dead letters, facts, redriven, consent, profiles
-- ARGV: letter, what it held, lane, number, purpose ('' needs no grant), profile ('' is the device),
--       head, owner, sealed, doorbell, partition
local letter = redis.call('XRANGE', KEYS[3], ARGV[1], ARGV[1])[1]
if not letter then return 'gone' end
if redis.call('HEXISTS', KEYS[5], ARGV[2]) == 1 then
  remove_letter(KEYS[3], KEYS[4], letter) -- it lay here twice
  return 'gone'
end
if (ARGV[5] ~= '' and redis.call('SISMEMBER', KEYS[6], ARGV[5]) == 0)
    or (ARGV[6] ~= '' and redis.call('SISMEMBER', KEYS[7], ARGV[6]) == 0) then
  return 'refused'
end
local mark = tonumber(redis.call('HGET', KEYS[1], ARGV[3]) or '0')
if tonumber(ARGV[4]) ~= mark + 1 then return mark end

redis.call('XADD', KEYS[2], '*', 'head', ARGV[7], 'owner', ARGV[8], 'sealed', ARGV[9])
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[5], ARGV[2], ARGV[4])
remove_letter(KEYS[3], KEYS[4], letter)
redis.call('PUBLISH', ARGV[10], ARGV[11])
return 'redriven'
