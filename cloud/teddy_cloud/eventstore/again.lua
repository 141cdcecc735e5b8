-- A letter was looked at once more: 1 and it is gone for good, or why it stays dead.
-- KEYS: dead letters, facts    ARGV: letter, reason ('' for good)
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if letter and ARGV[2] == '' then
  remove_letter(KEYS[1], KEYS[2], letter)
elseif letter then
  redis.call('HSET', KEYS[2], 'again/' .. ARGV[1], ARGV[2])
end
return redis.status_reply('OK')
