-- Sliding windows that instances share: the twin of `access/window.rs` and `access/sessions/throttle.rs`. A window is a list of
-- the times of its events, oldest first, at most as many as its limit, and expires with the last of them.
-- ARGV: the verb; the time, if it is not the server's; two numbers for the verb; then of each key its limit, and its span in
-- microseconds. Answers how long to wait in microseconds, 0 if the event is allowed.
local verb, now, at_account, at_who = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function limit(at)
  return tonumber(ARGV[3 + 2 * at]), tonumber(ARGV[4 + 2 * at])
end

local function wait(at)
  local events, span = limit(at)
  local oldest = redis.call('LLEN', KEYS[at]) >= events and tonumber(redis.call('LINDEX', KEYS[at], 0))
  -- One that is ahead of now was counted before the server's clock was set back.
  if oldest and oldest <= now and oldest + span > now then return oldest + span - now end
  return 0
end

local function add(at, expires_after)
  local events, span = limit(at)
  redis.call('RPUSH', KEYS[at], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[at], -events, -1)
  redis.call('PEXPIRE', KEYS[at], expires_after or string.format('%.0f', math.ceil(span / 1000)))
end

if verb == 'check' then return wait(1) end
if verb == 'add' then
  add(1)
  return 0
end

-- The first key is the successes of who tries; the others are what an attempt counts by. `at_account` is the place of the one that
-- does not stop who succeeded before, or 0, and `at_who` that of the one of who tries.
local is_known = redis.call('EXISTS', KEYS[1]) == 1
local function counts(at)
  return not (is_known and at == at_account)
end

if verb == 'begin' then
  for at = 1, #KEYS do
    local micros = counts(at) and wait(at) or 0
    if micros > 0 then return micros end
  end
  for at = 2, #KEYS do
    if counts(at) then add(at) end
  end
  return 0
end

-- Succeeded: the attempt counts no more, and neither do slips of who tries before it.
for at = 2, #KEYS do
  if counts(at) then redis.call(at == at_who and 'DEL' or 'RPOP', KEYS[at]) end
end
-- For thirty days it is remembered who succeeded from where.
add(1, 2592000000)
return 0
