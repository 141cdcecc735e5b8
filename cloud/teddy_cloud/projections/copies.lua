-- Stands before the scripts that need it.
local function is_later(one, other)
  local ms, number = string.match(one, '(%d+)-(%d+)')
  local other_ms, other_number = string.match(other, '(%d+)-(%d+)')
  if ms ~= other_ms then return tonumber(ms) > tonumber(other_ms) end
  return tonumber(number) > tonumber(other_number)
end

-- All keys of a copy of a partition. They are named in its listing, in the same slot. Gives whose they were.
local function take_away(listing)
  local bears = {}
  for _, key in ipairs(redis.call('SMEMBERS', listing)) do
    redis.call('UNLINK', key)
    bears[string.match(key, '^[^:]*:[^:]*:([^:]*)')] = true
  end
  redis.call('UNLINK', listing)
  return bears
end
