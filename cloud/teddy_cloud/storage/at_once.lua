-- Some commands in one go, if a string is still what the caller saw.
-- KEYS: the guard, then one key of each command (all in one slot)
-- ARGV: '' without a guard, 'absent' or 'found'; what was found; then for each command its length and its parts
-- Gives an empty list where the guard is not as expected; else 1, then the replies.
if ARGV[1] ~= '' then
  local found = redis.call('GET', KEYS[1])
  if (ARGV[1] == 'absent' and found) or (ARGV[1] == 'found' and found ~= ARGV[2]) then return {} end
end

local replies, at = {1}, 3
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  replies[#replies + 1] = redis.call(unpack(ARGV, at + 1, at + length))
  at = at + length + 1
end
return replies
