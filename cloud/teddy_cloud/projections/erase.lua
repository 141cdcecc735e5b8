-- Takes pages of a bear away, out of both copies. Gives how many readers could see.
-- KEYS: standing, listing of copy a, of copy b    ARGV: model, bear, then the pages
local unwanted = {}
for at = 3, #ARGV do unwanted[ARGV[at]] = true end
local shown = redis.call('HGET', KEYS[1], ARGV[1]) == 'b' and 3 or 2
local seen = 0
for at = 2, 3 do
  for _, key in ipairs(redis.call('SMEMBERS', KEYS[at])) do
    local bear, page = string.match(key, '^rm%-page:[^:]*:([^:]*):[^:]*:(.*)$')
    if bear == ARGV[2] and unwanted[page] then
      redis.call('UNLINK', key)
      redis.call('SREM', KEYS[at], key)
      if at == shown then seen = seen + 1 end
    end
  end
end
redis.call('PUBLISH', 'changed:' .. ARGV[2], ARGV[2])
return seen
