-- The names of a bear's pages, in either copy: a rebuild may have made some that readers do not see yet.
-- KEYS: standing, listing of copy a, of copy b    ARGV: model, bear
local found = {}
for at = 2, 3 do
  for _, key in ipairs(redis.call('SMEMBERS', KEYS[at])) do
    local bear, page = string.match(key, '^rm%-page:[^:]*:([^:]*):[^:]*:(.*)$')
    if bear == ARGV[2] then found[#found + 1] = page end
  end
end
return found
