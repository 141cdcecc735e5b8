-- Some values gone, each with its entry in the audit.
-- KEYS: as in note.lua, the sets in the order of the values    ARGV: as in note.lua, then for each value
--       slot, name, number, entry
local late = behind()
if late then return late end

for at = 5, #ARGV, 4 do
  if redis.call('HEXISTS', KEYS[4], ARGV[at]) == 0 then return {'absent'} end
end
for at = 5, #ARGV, 4 do
  redis.call('HDEL', KEYS[4], ARGV[at])
  redis.call('ZREM', KEYS[5], ARGV[at])
  redis.call('SREM', KEYS[6 + (at - 5) / 4], ARGV[at + 1])
  note(ARGV[at + 2], ARGV[at + 3])
end
return done()
