-- One entry once more, if it is in this worker's hand.
-- KEYS: stream. ARGV: group, worker, position, number of the try.
local mine = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if mine.err or #mine == 0 then
  return {}
end
local got = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'RETRYCOUNT', ARGV[4])
if not got[1] then
  return {}
end
return {got[1][1], got[1][2], ARGV[4]}
