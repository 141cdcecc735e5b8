-- What cannot be read and has no number: kept for a person to look at, the oldest giving way.
-- KEYS: dead letters, facts, consent    ARGV: bear, letters kept, reason, size, sealed, lane
local kept = redis.call('EXISTS', KEYS[3]) == 1 and ARGV[5] or ''
bury(KEYS[1], KEYS[2], ARGV[2],
  {'bear', ARGV[1], 'reason', ARGV[3], 'size', ARGV[4], 'sealed', kept, 'lane', ARGV[6]})
return redis.status_reply('OK')
