import { createHash } from 'node:crypto'

/** How long a place in the queue is kept without a sign of life of who waits there. */
const PLACE_MS = 2_000

/**
 * What can be asked, in one script, so that any number of asks go together. Each takes its keys from KEYS in turn, and
 * (name, token, ttl in ms) from ARGV; it answers with a number, or with the text of its error.
 *
 * take     [lease]                  the epoch, or minus the ms that the lease still has (0: others wait)
 * queue    [lease, places, alive]   as take; who does not get it has a place among those who wait, or keeps it
 * leave    [lease, places, alive]   gives back what the token has: the lease, the place
 * renew    [lease]                  1, or 0 when the token does not hold it any more
 * release  [lease]                  1, or 0
 *
 * lease    a hash, never deleted: holder, until, epoch; `waiting`: the time until which anybody's place may be kept
 * places   tokens by order of arrival
 * alive    tokens by the time until which their place is kept
 */
export const SCRIPT: string = `
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local used = 0

local function key()
  used = used + 1
  return KEYS[used]
end

local function text(n)
  return string.format('%.0f', n)
end

local function left(till)
  return math.max(0, (tonumber(till) or 0) - now)
end

local function busy(till)
  return -math.min(left(till), 86400000)
end

-- Larger than what is stored, and also than what was stored before Redis lost its memory.
local function grant(lease, token, ttl, last)
  local epoch = math.max((tonumber(last) or 0) + 1, micros)
  redis.call('HSET', lease, 'holder', token, 'until', text(now + ttl), 'epoch', text(epoch))
  return epoch
end

-- The same ask once more, sent again by a client that had lost its connection.
local function again(lease, ttl, epoch)
  redis.call('HSET', lease, 'until', text(now + ttl))
  return tonumber(epoch)
end

local function forget(lease, places, alive, token)
  redis.call('ZREM', alive, token)
  if redis.call('ZREM', places, token) == 1 and redis.call('EXISTS', places) == 0 then
    redis.call('HDEL', lease, 'waiting')
  end
end

local function first(places, alive)
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', now)) do
    redis.call('ZREM', places, dead)
    redis.call('ZREM', alive, dead)
  end
  return redis.call('ZRANGE', places, 0, 0)[1]
end

local function keep(lease, places, alive, token)
  if not redis.call('ZSCORE', places, token) then
    local last = redis.call('ZREVRANGE', places, 0, 0, 'WITHSCORES')[2]
    redis.call('ZADD', places, (tonumber(last) or 0) + 1, token)
  end
  redis.call('ZADD', alive, text(now + ${PLACE_MS}), token)
  redis.call('PEXPIRE', places, ${PLACE_MS})
  redis.call('PEXPIRE', alive, ${PLACE_MS})
  redis.call('HSET', lease, 'waiting', text(now + ${PLACE_MS}))
end

local perform = {}

function perform.take(token, ttl)
  local lease = key()
  local found = redis.call('HMGET', lease, 'holder', 'until', 'epoch', 'waiting')
  if left(found[2]) > 0 then
    return found[1] == token and again(lease, ttl, found[3]) or busy(found[2])
  end
  if left(found[4]) > 0 then return 0 end
  return grant(lease, token, ttl, found[3])
end

function perform.queue(token, ttl)
  local lease, places, alive = key(), key(), key()
  local found = redis.call('HMGET', lease, 'holder', 'until', 'epoch', 'waiting')
  local isHeld = left(found[2]) > 0
  if isHeld and found[1] == token then return again(lease, ttl, found[3]) end
  if found[4] and left(found[4]) == 0 then
    redis.call('DEL', places, alive)
    redis.call('HDEL', lease, 'waiting')
  end
  if isHeld or left(found[4]) > 0 then
    keep(lease, places, alive, token)
    if isHeld then return busy(found[2]) end
    if first(places, alive) ~= token then return 0 end
    forget(lease, places, alive, token)
  end
  return grant(lease, token, ttl, found[3])
end

function perform.leave(token)
  local lease, places, alive = key(), key(), key()
  forget(lease, places, alive, token)
  if redis.call('HGET', lease, 'holder') ~= token then return 0 end
  return redis.call('HDEL', lease, 'holder', 'until') > 0 and 1 or 0
end

function perform.renew(token, ttl)
  local lease = key()
  local found = redis.call('HMGET', lease, 'holder', 'until')
  if found[1] ~= token or left(found[2]) == 0 then return 0 end
  redis.call('HSET', lease, 'until', text(now + ttl))
  return 1
end

function perform.release(token)
  local lease = key()
  if redis.call('HGET', lease, 'holder') ~= token then return 0 end
  redis.call('HDEL', lease, 'holder', 'until')
  return 1
end

-- One that fails alone fails as a command does, for clients that look at the errors of commands.
if #ARGV == 3 then return { perform[ARGV[1]](ARGV[2], tonumber(ARGV[3])) } end
local answers = {}
for at = 1, #ARGV, 3 do
  local isDone, answer = pcall(perform[ARGV[at]], ARGV[at + 1], tonumber(ARGV[at + 2]))
  if not isDone then answer = type(answer) == 'table' and answer.err or tostring(answer) end
  answers[#answers + 1] = answer
end
return answers
`

/** What Redis knows the script by. */
export const SHA: string = createHash('sha1').update(SCRIPT).digest('hex')
