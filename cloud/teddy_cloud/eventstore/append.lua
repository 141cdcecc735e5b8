-- One batch of one lane of one bear: stored as far as its numbers follow the mark, and nothing else.
-- KEYS: marks, events, dead letters, consent, profiles, facts of the letters (all of the bear's partition)
-- ARGV: lane, first number, last number, strict, bear, dead letters kept, doorbell, partition,
--       how many sorts of event there are, three for each sort: owner, purpose ('' needs no grant) and
--       profile ('' is the device alone); then two bytes for each event, the number of its sort or 0 for
--       poison; then two for each event: head and sealed, of poison reason and sealed.
-- Returns the mark; or -1 - mark where a strict caller expects another; or, with nothing stored, the
-- mark and the sorts that are not granted.
local call, byte = redis.call, string.byte
local mark = tonumber(call('HGET', KEYS[1], ARGV[1]) or '0')
local first, last = tonumber(ARGV[2]), tonumber(ARGV[3])

if ARGV[4] == '1' and first ~= mark + 1 then
  return {-1 - mark} -- whoever appends expects another version than this
end
if first > mark + 1 or last <= mark then
  return {mark} -- a gap: the mark tells the bear where to begin again; or all of it is there already
end

local owners, refused = {}, {mark}
local at = 10
for sort = 1, tonumber(ARGV[9]) do
  local purpose, profile = ARGV[at + 1], ARGV[at + 2]
  owners[sort] = ARGV[at]
  if (purpose ~= '' and call('SISMEMBER', KEYS[4], purpose) == 0)
      or (profile ~= '' and call('SISMEMBER', KEYS[5], profile) == 0) then
    refused[#refused + 1] = sort
  end
  at = at + 3
end
if #refused > 1 then
  return refused
end

local sorts = ARGV[at]
local count = #sorts / 2
local begin = mark + 2 - first -- behind what is there already
if last - first + 1 > count then
  begin = 1 -- one event for a whole range of numbers
end
for i = begin, count do
  local high, low = byte(sorts, 2 * i - 1, 2 * i)
  local head, sealed = ARGV[at + 2 * i - 1], ARGV[at + 2 * i]
  if high + low > 0 then
    call('XADD', KEYS[2], '*', 'head', head, 'owner', owners[256 * high + low], 'sealed', sealed)
  else
    local kept = call('EXISTS', KEYS[4]) == 1 and sealed or ''
    local number = last - count + i -- one for a whole range stands at its last
    local place = ARGV[5] .. '/' .. string.match(KEYS[1], '[^:]+$') .. '/' .. ARGV[1] .. '/'
      .. string.format('%.0f', number)
    bury(KEYS[3], KEYS[6], ARGV[6],
      {'bear', ARGV[5], 'reason', head, 'size', #sealed, 'sealed', kept, 'place', place})
  end
end

call('HSET', KEYS[1], ARGV[1], string.format('%.0f', last))
call('PUBLISH', ARGV[7], ARGV[8])
return {last}
