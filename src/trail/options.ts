import { memoryLock } from '../adapters/memory/index.ts'
import type { Signer } from '../audit/index.ts'
import {
  callable,
  type Duration,
  identifier,
  known,
  limit,
  port,
  positiveInteger,
  refuse,
  systemClock,
} from '../base/index.ts'
import type { AuditSink, CheckpointSink, Clock, Feed, Lock } from '../ports/index.ts'
import { CHECKPOINTS } from './checkpoints.ts'

export interface CheckpointsOptions {
  /** Signs them: `signer(key)`. */
  readonly signer: Signer
  /** Where they go. Best where who writes the journal cannot write. */
  readonly sink: CheckpointSink
  /** How often one is made, also when nothing has changed: silence would prove nothing. @default '1h' */
  readonly every?: Duration | undefined
  /** One is made sooner when so many records were delivered since the last. @default 10_000 */
  readonly count?: number | undefined
}

export interface AuditTrailOptions {
  /** Where each sink is, is kept in the journal under `<name>/<sink>`: no two trails of a journal have one name. */
  readonly name: string
  /** By name. Each is served for itself. */
  readonly sinks: Readonly<Record<string, AuditSink>>
  /** @default none are made */
  readonly checkpoints?: CheckpointsOptions | undefined
  /** How many records a sink is given at once, and how many are held in memory for each. @default 100 */
  readonly batch?: number | undefined
  /** How long to wait for new records when there are none. @default '1s' */
  readonly poll?: Duration | undefined
  /** How long a sink may take; then it has failed. @default '30s' */
  readonly timeout?: Duration | undefined
  /** Keeps two processes from delivering to one sink. @default a lock among the trails of this process */
  readonly lock?: Lock | undefined
  /** After this silence of the process that delivers another goes on. @default '15s' */
  readonly leaseTtl?: Duration | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
  /** Chance, for backoff and jitter: 0 ≤ x < 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

export interface Settings {
  readonly name: string
  readonly sinks: readonly { readonly sink: string; readonly target: AuditSink }[]
  readonly checkpoints:
    | { readonly signer: Signer; readonly target: CheckpointSink; readonly everyMs: number; readonly count: number }
    | undefined
  readonly batch: number
  readonly pollMs: number
  readonly timeoutMs: number
  readonly lock: Lock
  readonly leaseTtlMs: number
  readonly clock: Clock
  readonly random: () => number
}

const NAMES = ['name', 'sinks', 'checkpoints', 'batch', 'poll', 'timeout', 'lock', 'leaseTtl', 'clock', 'random']

/** Every option is parsed once, here. */
export function parseOptions(journal: Feed, options: unknown): Settings {
  port(journal ?? null, 'journal', ['feed', 'tips', 'bookmark', 'moveBookmark'])
  const given = known(options, 'auditTrail options', NAMES)
  const name = identifier(given.name, 'name')
  const clock = port<Clock>(given.clock, 'clock', ['now', 'monotonic', 'timer']) ?? systemClock
  return {
    name,
    sinks: parseSinks(given.sinks, name),
    checkpoints: given.checkpoints === undefined ? undefined : parseCheckpoints(given.checkpoints),
    batch: positiveInteger(given.batch ?? 100, 'batch'),
    pollMs: limit(given.poll, 'poll', '1s'),
    timeoutMs: limit(given.timeout, 'timeout', '30s'),
    lock: port<Lock>(given.lock, 'lock', ['acquire']) ?? lockOf(journal, clock),
    leaseTtlMs: limit(given.leaseTtl, 'leaseTtl', '15s'),
    clock,
    random: given.random === undefined ? Math.random : callable<() => number>(given.random, 'random'),
  }
}

const LONGEST = 200

function parseSinks(value: unknown, trail: string): Settings['sinks'] {
  if (value === undefined) return refuse('sinks', value, 'the sinks, by name')
  return Object.entries(known(value, 'sinks', Object.keys(Object(value)))).map(([name, target]) => {
    const sink = identifier(name, 'the name of a sink')
    if (sink === CHECKPOINTS) refuse('the name of a sink', sink, 'another: that is where checkpoints go')
    if (sink.length + trail.length > LONGEST) refuse('the name of a sink', sink, `shorter: ${LONGEST} with the trail's`)
    return { sink, target: port<AuditSink>(target ?? null, `sinks.${name}`, ['write']) as AuditSink }
  })
}

function parseCheckpoints(value: unknown): NonNullable<Settings['checkpoints']> {
  const given = known(value, 'checkpoints', ['signer', 'sink', 'every', 'count'])
  const signer = given.signer as Partial<Signer> | undefined
  if (signer?.current === undefined) refuse('checkpoints.signer', given.signer, 'what signer() makes of a key')
  return {
    signer: given.signer as Signer,
    target: port<CheckpointSink>(given.sink ?? null, 'checkpoints.sink', ['write']) as CheckpointSink,
    everyMs: limit(given.every, 'checkpoints.every', '1h'),
    count: positiveInteger(given.count ?? 10_000, 'checkpoints.count'),
  }
}

/** One for each journal: trails of different journals may have the same name. */
const LOCKS = new WeakMap<Feed, Lock>()

function lockOf(journal: Feed, clock: Clock): Lock {
  const lock = LOCKS.get(journal) ?? memoryLock({ clock })
  LOCKS.set(journal, lock)
  return lock
}
