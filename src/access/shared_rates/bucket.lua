-- The generic cell rate algorithm of `access/rate.rs`, for a bucket that instances share: when the next request is due.
-- ARGV: what the call takes and what an empty bucket may take, in microseconds; the time, if it is not the server's.
-- Answers how far ahead the next request was due. There was enough for the call if what it takes is no more than the rest.
local taken, depth, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local due = tonumber(redis.call('GET', KEYS[1])) or now
local ahead = math.max(due - now, 0)
-- No bucket goes so far, unless the server's clock was set back.
if ahead > 2 * depth then ahead = 0 end
ahead = math.min(ahead, depth)
if ahead + taken <= depth then
  -- Full again after two seconds, like any bucket.
  redis.call('SET', KEYS[1], string.format('%.0f', now + ahead + taken), 'EX', 10)
end
return ahead
