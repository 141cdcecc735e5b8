-- New entries of one partition for a worker of a group; makes the group where there is none.
-- KEYS: stream. ARGV: group, worker, count.
local function read()
  return redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
end

if redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
local got = read()
if got and got.err then
  if not string.find(got.err, 'NOGROUP', 1, true) then
    return got
  end
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0')
  got = read()
end
if not got then
  return {}
end
return got.err and got or got[1][2]
