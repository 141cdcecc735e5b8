-- One value written, with its entry in the audit.
-- KEYS: as in note.lua    ARGV: as in note.lua, then
--       slot, name, version expected ('' for any), now, when it runs out ('-' for never), number, value, entry
local late = behind()
if late then return late end

local found = redis.call('HGET', KEYS[4], ARGV[5])
if ARGV[7] ~= '' then
  local is = 0
  if found and (expiry(found) == '-' or tonumber(expiry(found)) > tonumber(ARGV[8])) then is = version(found) end
  if is ~= tonumber(ARGV[7]) then return {'conflict', is} end
end

redis.call('HSET', KEYS[4], ARGV[5], ARGV[10] .. ' ' .. ARGV[9] .. ' ' .. ARGV[11])
redis.call('SADD', KEYS[6], ARGV[6])
if ARGV[9] == '-' then
  redis.call('ZREM', KEYS[5], ARGV[5])
else
  redis.call('ZADD', KEYS[5], ARGV[9], ARGV[5])
end
note(ARGV[10], ARGV[12])
return done()
