-- What cannot be read and has no number: kept for a person to look at, the oldest giving way.
-- KEYS: dead letters, consent    ARGV: bear, letters kept, reason, size, sealed
local kept = redis.call('EXISTS', KEYS[2]) == 1 and ARGV[5] or ''
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*',
  'bear', ARGV[1], 'reason', ARGV[3], 'size', ARGV[4], 'sealed', kept)
return redis.status_reply('OK')
