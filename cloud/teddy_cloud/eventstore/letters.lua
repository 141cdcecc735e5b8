-- How a letter comes into a partition's dead letters, and how it goes. Stands before the scripts that need it.
-- Facts beside the letters: 'gave_way', 'again/<letter>' (why it is still dead), 'at/<position>' (its letter).
local function remove_letter(letters, facts, letter)
  local id, fields = letter[1], letter[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'at' then redis.call('HDEL', facts, 'at/' .. fields[i + 1]) end
  end
  redis.call('HDEL', facts, 'again/' .. id)
  redis.call('XDEL', letters, id)
end

local function bury(letters, facts, most, fields)
  if redis.call('XLEN', letters) >= tonumber(most) then
    remove_letter(letters, facts, redis.call('XRANGE', letters, '-', '+', 'COUNT', 1)[1])
    redis.call('HINCRBY', facts, 'gave_way', 1)
  end
  return redis.call('XADD', letters, '*', unpack(fields))
end

