-- One batch of one lane of one bear: stored as far as its numbers follow the mark, and nothing else.
-- KEYS: marks, events, dead letters, consent, profiles, facts of the letters (all of the bear's partition)
-- ARGV: lane, first number, last number, strict, bear, dead letters kept, doorbell, partition,
--       how many sorts of event there are, three for each sort: owner, purpose ('' needs no grant) and
--       profile ('' is the device alone); then a plan with ten bytes for each event: the number of its
--       sort or 0 for poison, and the sizes of head and sealed, of poison of reason and sealed; then all
--       of these one behind the other (a hundred arguments would cost the caller as much as sealing).
-- Returns the mark; or -1 - mark where a strict caller expects another; or, with nothing stored, the
-- mark and the sorts that are not granted.
local call, unpack, sub = redis.call, struct.unpack, string.sub
local mark = tonumber(call('HGET', KEYS[1], ARGV[1]) or '0')
local first, last = tonumber(ARGV[2]), tonumber(ARGV[3])

-- Whether a strict caller's own words lie at the end of the stream: it never heard our answer, and asks again.
local function is_there()
  local plan, whole = ARGV[10 + 3 * ARGV[9]], ARGV[11 + 3 * ARGV[9]]
  local _, size, sealed_size = unpack('>HI4I4', plan)
  local head, sealed = sub(whole, 1, size), sub(whole, size + 1, size + sealed_size)
  for _, entry in ipairs(call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1000)) do
    if entry[2][2] == head and entry[2][6] == sealed then return true end
  end
  return false
end

if ARGV[4] == '1' and first ~= mark + 1 then
  if last <= mark and is_there() then
    return {last}
  end
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

local plan, whole = ARGV[at], ARGV[at + 1]
local count = #plan / 10
local begin = mark + 2 - first -- behind what is there already
if last - first + 1 > count then
  begin = 1 -- one event for a whole range of numbers
end
local from = 1
for i = 1, count do
  local sort, size, sealed_size = unpack('>HI4I4', plan, 10 * i - 9)
  local middle = from + size
  local after = middle + sealed_size
  if i < begin then
    -- it is there already
  elseif sort > 0 then
    call('XADD', KEYS[2], '*', 'head', sub(whole, from, middle - 1), 'owner', owners[sort],
      'sealed', sub(whole, middle, after - 1))
  else
    local reason, sealed = sub(whole, from, middle - 1), sub(whole, middle, after - 1)
    local kept = call('EXISTS', KEYS[4]) == 1 and sealed or ''
    local number = last - count + i -- one for a whole range stands at its last
    local place = ARGV[5] .. '/' .. string.match(KEYS[1], '[^:]+$') .. '/' .. ARGV[1] .. '/'
      .. string.format('%.0f', number)
    bury(KEYS[3], KEYS[6], ARGV[6],
      {'bear', ARGV[5], 'reason', reason, 'size', #sealed, 'sealed', kept, 'place', place})
  end
  from = after
end

call('HSET', KEYS[1], ARGV[1], string.format('%.0f', last))
call('PUBLISH', ARGV[7], ARGV[8])
return {last}
