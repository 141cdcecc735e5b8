-- One batch of one lane of one bear: stored as far as its numbers follow the mark, and nothing else.
-- KEYS: marks, events, dead letters, consent, profiles (all of the bear's partition)
-- ARGV: lane, first number, bear, dead letters kept, doorbell, partition, strict, then seven for each event:
--       reason ('' unless poison), head, owner, sealed, purpose ('' needs no grant), profile, stand-in
local mark = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
local before = mark
local seq = tonumber(ARGV[2])

if ARGV[7] == '1' and seq ~= mark + 1 then
  return -1 - mark -- whoever appends expects another version than this
end

for i = 8, #ARGV, 7 do
  if seq > mark + 1 then break end -- a gap: the mark tells the bear where to begin again
  if seq == mark + 1 then
    local reason, head, owner, sealed = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local purpose, profile, stand_in = ARGV[i + 4], ARGV[i + 5], ARGV[i + 6]
    if reason ~= '' then
      local kept = redis.call('EXISTS', KEYS[4]) == 1 and sealed or ''
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*',
        'bear', ARGV[3], 'reason', reason, 'size', #sealed, 'sealed', kept)
    elseif (purpose ~= '' and redis.call('SISMEMBER', KEYS[4], purpose) == 0)
        or (profile ~= '' and redis.call('SISMEMBER', KEYS[5], profile) == 0) then
      redis.call('XADD', KEYS[2], '*', 'head', stand_in, 'owner', '', 'sealed', '')
    else
      redis.call('XADD', KEYS[2], '*', 'head', head, 'owner', owner, 'sealed', sealed)
    end
    mark = seq
  end -- below the mark: it is there already
  seq = seq + 1
end

if mark > before then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', mark))
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
return mark
