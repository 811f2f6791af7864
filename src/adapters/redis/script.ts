import { createHash } from 'node:crypto'

/**
 * What can be asked. Each is a script of its own, and all together are one, for asks that go together.
 * They are given `token` and `ttl` in ms, and answer with a number.
 *
 * take     the epoch; or minus the ms that the lease still has, 0 when it is free and others wait for it
 * queue    as take; who does not get it has a place among those who wait, or keeps the one it has
 * leave    gives back what the token has, the lease or the place: 1 if it was the lease
 * renew    1; or 0 when the token does not hold it any more
 * release  1; or 0
 *
 * lease    a hash that is never deleted: `holder` (a token), `until`, `epoch`, and `waiting`, the time until which
 *          anybody's place may be kept. Times are µs since 1970, by the clock of Redis.
 * places   tokens by order of arrival
 * alive    tokens by the time until which their place is kept
 */
export type What = 'take' | 'queue' | 'leave' | 'renew' | 'release'

/** How long a place is kept without a sign of life of who waits there. */
const PLACE_MS = 2_000

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]`

// An epoch is larger than the one before, and larger than any before Redis lost its memory. An ask that finds itself
// holding is one that was sent again by a client that had lost its connection.
const GRANT = `
local epoch = tonumber(found[3]) or 0
if till <= now then epoch = math.max(epoch + 1, now) end
redis.call('HSET', lease, 'holder', token, 'until', string.format('%.0f', now + ttl * 1000),
  'epoch', string.format('%.0f', epoch))
return epoch`

const FOUND = `
local found = redis.call('HMGET', lease, 'until', 'holder', 'epoch', 'waiting')
local till = tonumber(found[1]) or 0
local waiting = tonumber(found[4]) or 0`

const FORGET = `
redis.call('ZREM', alive, token)
if redis.call('ZREM', places, token) == 1 and redis.call('EXISTS', places) == 0 then
  redis.call('HDEL', lease, 'waiting')
end`

const BODIES: { readonly [Name in What]: string } = {
  take: `${FOUND}
if till > now then
  if found[2] ~= token then return math.max(-86400000, math.floor((now - till) / 1000)) end
elseif waiting > now then
  return 0
end
${GRANT}`,

  queue: `${FOUND}
local isFree = till <= now or found[2] == token
if waiting > 0 and waiting <= now then
  redis.call('DEL', places, alive)
  redis.call('HDEL', lease, 'waiting')
end
if not isFree or waiting > now then
  if not redis.call('ZSCORE', places, token) then
    local last = redis.call('ZREVRANGE', places, 0, 0, 'WITHSCORES')[2]
    redis.call('ZADD', places, (tonumber(last) or 0) + 1, token)
  end
  local kept = string.format('%.0f', now + ${PLACE_MS * 1_000})
  redis.call('ZADD', alive, kept, token)
  redis.call('PEXPIRE', places, ${PLACE_MS})
  redis.call('PEXPIRE', alive, ${PLACE_MS})
  redis.call('HSET', lease, 'waiting', kept)
  if not isFree then return math.max(-86400000, math.floor((now - till) / 1000)) end
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', alive, '-inf', string.format('%.0f', now))) do
    redis.call('ZREM', places, dead)
    redis.call('ZREM', alive, dead)
  end
  if till <= now and redis.call('ZRANGE', places, 0, 0)[1] ~= token then return 0 end
  ${FORGET}
end
${GRANT}`,

  leave: `
${FORGET}
if redis.call('HGET', lease, 'holder') ~= token then return 0 end
redis.call('HSET', lease, 'until', '0')
return 1`,

  renew: `
local found = redis.call('HMGET', lease, 'until', 'holder')
if found[2] ~= token or (tonumber(found[1]) or 0) <= now then return 0 end
redis.call('HSET', lease, 'until', string.format('%.0f', now + ttl * 1000))
return 1`,

  release: `
if redis.call('HGET', lease, 'holder') ~= token then return 0 end
redis.call('HSET', lease, 'until', '0')
return 1`,
}

const WITH_QUEUE: readonly What[] = ['queue', 'leave']
const WITH_TIME: readonly What[] = ['take', 'queue', 'renew']

/** The keys of an ask, given that of the lease. */
export function keysOf(what: What, lease: string): readonly string[] {
  return WITH_QUEUE.includes(what) ? [lease, `${lease}:places`, `${lease}:alive`] : [lease]
}

export interface Script {
  readonly text: string
  /** What Redis knows it by. */
  readonly sha: string
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** For one ask: its keys; token, ttl. It answers with the number. */
export const ALONE: { readonly [Name in What]: Script } = {
  take: alone('take'),
  queue: alone('queue'),
  leave: alone('leave'),
  renew: alone('renew'),
  release: alone('release'),
}

function alone(what: What): Script {
  return script(`
local lease, places, alive = KEYS[1], KEYS[2], KEYS[3]
local token, ttl = ARGV[1], ARGV[2]
${WITH_TIME.includes(what) ? NOW : ''}
${BODIES[what]}`)
}

/** For many: all their keys; what, token, ttl of each. It answers with a list, in which text is an error. */
export const TOGETHER: Script = script(`
${NOW}
local perform, keys = {}, {}
${Object.entries(BODIES)
  .map(([what, body]) => `function perform.${what}(lease, places, alive, token, ttl) ${body}\nend`)
  .join('\n')}
for _, what in ipairs({ 'take', 'renew', 'release' }) do keys[what] = 1 end
for _, what in ipairs({ ${WITH_QUEUE.map((what) => `'${what}'`).join(', ')} }) do keys[what] = 3 end
local answers, used = {}, 0
for at = 1, #ARGV, 3 do
  local what = ARGV[at]
  local isDone, answer =
    pcall(perform[what], KEYS[used + 1], KEYS[used + 2], KEYS[used + 3], ARGV[at + 1], ARGV[at + 2])
  if not isDone then answer = type(answer) == 'table' and answer.err or tostring(answer) end
  answers[#answers + 1] = answer
  used = used + keys[what]
end
return answers`)
