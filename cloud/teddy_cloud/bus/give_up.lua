-- Settled, and a dead letter, unless somebody else has settled it.
-- KEYS: stream, dead letters. ARGV: group, position, how many to keep, then the fields of the letter.
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4))
end
return 1
