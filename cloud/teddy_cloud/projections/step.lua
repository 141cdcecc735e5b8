-- Takes copies of read models in one partition on, each if it still stands where the writer saw it.
-- KEYS: standing, events, then for each copy that writes hashes its listing and these hashes (all in one slot)
-- ARGV: for each copy: model, copy, '1' if readers see it, position before, position after, how many hashes,
--       how many bears to tell of, '1' if it read from the archive; then each hash: how many parts, fields and values; then the bears
-- Gives for each copy 1, or 0 where nothing was written.
local stored = {}

local function is_stored(at)
  if stored[at] == nil then stored[at] = redis.call('XRANGE', KEYS[2], at, at)[1] ~= nil end
  return stored[at]
end

local function stands(model, copy, is_shown, before)
  local found = redis.call('HMGET', KEYS[1], model, model .. '/' .. copy, model .. '/held')
  if ((found[1] or 'a') == copy) ~= (is_shown == '1') or (found[2] or '0-0') ~= before then return false end
  if is_shown == '1' and tonumber(found[3] or 0) > 0 then -- until a rebuild has caught up; see show.lua
    redis.call('HINCRBY', KEYS[1], model .. '/held', -1)
    return false
  end
  return true
end

local taken, key, at = {}, 3, 1
while at <= #ARGV do
  local model, copy, is_shown, before, after, hashes, bears, archived = unpack(ARGV, at, at + 7)
  local take = stands(model, copy, is_shown, before) and (archived == '1' or is_stored(after))
  at = at + 8
  local listing
  if tonumber(hashes) > 0 then listing, key = KEYS[key], key + 1 end
  for _ = 1, hashes do
    local parts = tonumber(ARGV[at])
    if take then
      redis.call('HSET', KEYS[key], unpack(ARGV, at + 1, at + parts))
      redis.call('SADD', listing, KEYS[key])
    end
    at, key = at + parts + 1, key + 1
  end
  for _ = 1, bears do
    if take then redis.call('PUBLISH', 'changed:' .. ARGV[at], ARGV[at]) end
    at = at + 1
  end
  if take then redis.call('HSET', KEYS[1], model .. '/' .. copy, after) end
  taken[#taken + 1] = take and 1 or 0
end
return taken
