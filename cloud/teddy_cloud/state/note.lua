-- What put.lua and drop.lua share: the audit, kept together with each change.
-- KEYS: end of the audit, where it begins, audit, values, what runs out when; then one set of names an owner
-- ARGV: the end that the caller saw ('' for none yet), entries kept, channel, the new end

local function behind() -- others were faster: the caller hears where the end is now, and decides again
  local found = redis.call('GET', KEYS[1]) or ''
  if found ~= ARGV[1] then return {'behind', found} end
end

local function note(number, entry)
  redis.call('XADD', KEYS[3], number .. '-0', 'entry', entry)
  redis.call('PUBLISH', ARGV[3], entry)
end

local function done()
  redis.call('SET', KEYS[1], ARGV[4])
  local surplus = redis.call('XLEN', KEYS[3]) - tonumber(ARGV[2])
  if surplus > 0 then
    local gone = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', surplus)
    redis.call('SET', KEYS[2], gone[#gone][2][2])
    redis.call('XTRIM', KEYS[3], 'MAXLEN', '=', ARGV[2])
  end
  return {'done'}
end

local function version(value) return tonumber(string.match(value, '^%d+')) end

local function expiry(value) return string.match(value, '^%d+ (%S+) ') end
