-- A stored event that cannot be opened: a letter that says where it lies. Two readers make one letter of it.
-- KEYS: dead letters, facts    ARGV: bear, letters kept, reason, size, place, position
local at = 'at/' .. ARGV[6]
if redis.call('HEXISTS', KEYS[2], at) == 0 then
  local id = bury(KEYS[1], KEYS[2], ARGV[2],
    {'bear', ARGV[1], 'reason', ARGV[3], 'size', ARGV[4], 'sealed', '', 'place', ARGV[5], 'at', ARGV[6]})
  redis.call('HSET', KEYS[2], at, id)
end
return redis.status_reply('OK')
