-- The names of a bear's pages as readers see them.
-- KEYS: standing, listing of copy a, of copy b    ARGV: model, bear
local copy = redis.call('HGET', KEYS[1], ARGV[1]) == 'b' and 'b' or 'a'
local found = {}
for _, key in ipairs(redis.call('SMEMBERS', copy == 'b' and KEYS[3] or KEYS[2])) do
  local bear, page = string.match(key, '^rm%-page:[^:]*:([^:]*):[^:]*:(.*)$')
  if bear == ARGV[2] then found[#found + 1] = page end
end
return found
