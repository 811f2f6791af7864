import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { memoryJournal, memoryLock } from '../adapters/memory/index.ts'
import {
  callable,
  duration,
  flag,
  known,
  label,
  limit,
  port,
  positiveInteger,
  refuse,
  systemClock,
} from '../base/index.ts'
import type { AnyChart } from '../chart/index.ts'
import { isSystem, isTransactional } from '../flip/index.ts'
import type { Actor, BreakGlass, Clock, Journal, Lock, Secrets } from '../ports/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Authorize } from './access.ts'
import type { FlipOptions } from './types.ts'

// Every option is parsed once, here; inside nothing is optional.

export interface GateSettings {
  readonly deps: unknown
  readonly journal: Journal
  /** Whether the journal was made here, and so is closed here. */
  readonly ownsJournal: boolean
  readonly lock: Lock
  readonly secrets: Secrets | undefined
  readonly telemetry: Telemetry | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly owner: string
  readonly leaseTtlMs: number
  readonly pollMs: number
  readonly authorize: Authorize | undefined
  readonly authorizeMs: number
}

const JOURNAL: readonly (keyof Journal)[] = [
  'read',
  'append',
  'renew',
  'settled',
  'history',
  'heads',
  'abandoned',
  'due',
  'stuck',
  'feed',
  'tips',
  'bookmark',
  'moveBookmark',
  'close',
]

const NAMES = [
  'deps',
  'authorize',
  'authorizeTimeout',
  'journal',
  'lock',
  'secrets',
  'telemetry',
  'clock',
  'random',
  'leaseTtl',
  'poll',
]

/** Shared by the gates of this process, so that a resource is exclusive among them without any set-up. */
let processLock: Lock | undefined

export function parseGateOptions(options: unknown, chart: AnyChart): GateSettings {
  const given = known(options, 'gate options', NAMES)
  const clock = port<Clock>(given.clock, 'clock', ['now', 'monotonic', 'timer']) ?? systemClock
  const journal = port<Journal>(given.journal, 'journal', JOURNAL)
  checkTransactions(chart, journal)
  const secrets = port<Secrets>(given.secrets, 'secrets', ['seal', 'open', 'digest'])
  checkSecrets(chart, secrets)
  return {
    deps: given.deps,
    journal: journal ?? memoryJournal({ clock }),
    ownsJournal: journal === undefined,
    lock: port<Lock>(given.lock, 'lock', ['acquire']) ?? defaultLock(clock),
    secrets,
    telemetry: port<Telemetry>(given.telemetry, 'telemetry', ['attach']),
    clock,
    random: given.random === undefined ? Math.random : callable<() => number>(given.random, 'random'),
    owner: `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`,
    leaseTtlMs: limit(given.leaseTtl, 'leaseTtl', '15s'),
    pollMs: limit(given.poll, 'poll', '5s'),
    authorize: given.authorize === undefined ? undefined : callable<Authorize>(given.authorize, 'authorize'),
    authorizeMs: limit(given.authorizeTimeout, 'authorizeTimeout', '5s'),
  }
}

/** A step that is to be one transaction with its record needs a journal that can do so: found out now, not in the flip. */
function checkTransactions({ flips }: AnyChart, journal: Journal | undefined): void {
  if (journal !== undefined && isTransactional(journal)) return
  for (const flip of flips.values()) {
    const step = flip.steps.find((candidate) => candidate.atomic)
    if (step === undefined) continue
    const why = `step "${step.name}" of flip "${flip.name}" is one transaction with its record`
    refuse('journal', journal, `a journal with a method transact(), as that of phasegate/postgres: ${why}`)
  }
}

/** What is marked as sensitive is never stored in clear, so it cannot be stored without secrets. */
function checkSecrets({ flips }: AnyChart, secrets: Secrets | undefined): void {
  if (secrets !== undefined) return
  for (const { name, sensitive } of flips.values()) {
    if (sensitive === undefined) continue
    const why = `the input of flip "${name}" holds what is sensitive (${sensitive.paths.join(', ')})`
    refuse('secrets', secrets, `secretKeys(…) of phasegate/audit, or the like: ${why}`)
  }
}

/** A lock that shares no clock with us could not judge our leases: another clock gets a lock of its own. */
function defaultLock(clock: Clock): Lock {
  if (clock !== systemClock) return memoryLock({ clock })
  processLock ??= memoryLock()
  return processLock
}

/** A flip's options with every default filled in. */
export interface FlipSettings {
  readonly key: string | undefined
  readonly actor: Actor | undefined
  readonly waitMs: number
  readonly join: boolean
  readonly trace: string | undefined
  readonly breakGlass: Omit<BreakGlass, 'passed'> | undefined
}

const DEFAULTS: FlipSettings = {
  key: undefined,
  actor: undefined,
  waitMs: 0,
  join: true,
  trace: undefined,
  breakGlass: undefined,
}

export function parseFlipOptions(options: FlipOptions | undefined): FlipSettings {
  if (options === undefined) return DEFAULTS
  const given = known(options, 'flip options', ['key', 'actor', 'wait', 'join', 'trace', 'breakGlass'])
  return {
    key: given.key as string | undefined,
    actor: given.actor === undefined ? undefined : parseActor(given.actor),
    waitMs: duration(given.wait, 'wait', 0),
    join: given.join === undefined ? true : flag(given.join, 'join'),
    trace: given.trace === undefined ? undefined : label(given.trace, 'trace'),
    breakGlass: given.breakGlass === undefined ? undefined : parseBreakGlass(given.breakGlass),
  }
}

function parseBreakGlass(value: unknown): Omit<BreakGlass, 'passed'> {
  const given = known(value, 'breakGlass', ['actor', 'reason'])
  return {
    actor: parseActor(given.actor, 'breakGlass.actor'),
    reason: parseReason(given.reason, 'breakGlass.reason'),
  }
}

const MOST_ROLES = 1_000

/** @throws OPTION_INVALID also for a name that only the library itself may have */
export function parseActor(value: unknown, option = 'actor'): Actor {
  if (value === undefined) return refuse(option, value, '{ id, roles? }')
  const given = known(value, option, ['id', 'roles'])
  const id = label(given.id, `${option}.id`)
  if (isSystem({ id })) refuse(`${option}.id`, id, 'without "system:" before it: the library acts under such names')
  if (given.roles === undefined) return { id }
  if (!Array.isArray(given.roles) || given.roles.length > MOST_ROLES) {
    return refuse(`${option}.roles`, given.roles, 'a list of at most 1,000 names')
  }
  return { id, roles: given.roles.map((role: unknown, index) => label(role, `${option}.roles[${index}]`)) }
}

/** Who orders something out of the ordinary, and why. */
export function parseOrder(
  options: unknown,
  names: readonly string[] = [],
): { readonly actor: Actor; readonly reason: string } {
  const given = known(options, 'order', ['actor', 'reason', ...names])
  return { actor: parseActor(given.actor), reason: parseReason(given.reason) }
}

export function parseReason(value: unknown, option = 'reason'): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 2_000 && value.isWellFormed()) return value
  return refuse(option, value, 'text of 1 to 2,000 characters')
}

export function parseSubjectId(value: unknown): string {
  if (typeof value === 'string' && value.length >= 1 && value.length <= 255 && value.isWellFormed()) return value
  return refuse('the name of a subject', value, 'well-formed text of 1 to 255 characters')
}

/** Which records: numbers from 1, both included. */
export function parseRange(options: unknown): { readonly from: number; readonly to: number } {
  const { from, to } = known(options, 'history range', ['from', 'to'])
  return {
    from: from === undefined ? 1 : positiveInteger(from, 'from'),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : positiveInteger(to, 'to'),
  }
}

export function parseLimit(value: unknown): number {
  return value === undefined ? 100 : positiveInteger(value, 'limit')
}
