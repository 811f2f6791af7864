import { callable, type Duration, known, limit, refuse, systemClock } from '../../base/index.ts'
import type { Clock } from '../../ports/index.ts'

export interface RedisLockOptions {
  /** What the names of its keys begin with; without braces. @default 'phasegate:' */
  readonly prefix?: string | undefined
  /** How long Redis may take to answer. @default '5s' */
  readonly timeout?: Duration | undefined
  /** For waiting and timeouts; leases are judged by Redis' clock. @default the clock of this machine */
  readonly clock?: Clock | undefined
  /** From 0 to 1, for the jitter of who waits. @default Math.random */
  readonly random?: (() => number) | undefined
}

export interface Settings {
  readonly prefix: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: () => number
}

export function parseOptions(options: unknown): Settings {
  const given = known(options, 'redisLock options', ['prefix', 'timeout', 'clock', 'random'])
  return {
    prefix: parsePrefix(given.prefix),
    timeoutMs: limit(given.timeout, 'timeout', '5s'),
    clock: (given.clock as Clock | undefined) ?? systemClock,
    random: given.random === undefined ? Math.random : callable<() => number>(given.random, 'random'),
  }
}

/** Braces would say what a cluster finds the keys by, in place of the resource. */
function parsePrefix(value: unknown): string {
  if (value === undefined) return 'phasegate:'
  if (typeof value === 'string' && value.isWellFormed() && !/[{}]/.test(value)) return value
  return refuse('prefix', value, 'well-formed text without braces')
}

export function parseResource(value: unknown): string {
  if (typeof value === 'string' && value.length >= 1 && value.length <= 255 && value.isWellFormed()) return value
  return refuse('the name of a resource', value, 'well-formed text of 1 to 255 characters')
}

/** The key of a resource. The braces make a cluster keep all keys of a resource in one place. */
export function keyOf(prefix: string, resource: string): string {
  return `${prefix}{${/[%{}]/.test(resource) ? resource.replaceAll(/[%{}]/g, encodeURIComponent) : resource}}`
}
