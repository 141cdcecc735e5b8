-- A dead letter's entry lies in nobody's hand, and long enough for the next worker that looks to claim it.
-- KEYS: stream, dead letters. ARGV: group, position, letter, idle (ms).
local got = redis.pcall(
  'XCLAIM', KEYS[1], ARGV[1], 'redriven', 0, ARGV[2], 'IDLE', ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID'
)
if got.err or #got == 0 then
  return 0
end
redis.call('XDEL', KEYS[2], ARGV[3])
return 1
