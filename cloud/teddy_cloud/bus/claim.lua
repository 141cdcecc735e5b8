-- What lay too long in some hand is in this worker's now, with how often it was handed out.
-- KEYS: stream. ARGV: group, worker, idle (ms), count.
local got = redis.pcall('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], '0-0', 'COUNT', ARGV[4])
if got.err then
  return string.find(got.err, 'NOGROUP', 1, true) and {} or got
end
local found = {}
for _, entry in ipairs(got[2]) do
  if entry then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    found[#found + 1] = {entry[1], entry[2], pending[1][4]}
  end
end
return found
