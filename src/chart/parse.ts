import {
  callable,
  duration,
  flag,
  identifier,
  known,
  label,
  limit,
  parseDuration,
  positiveInteger,
  refuse,
} from '../base/index.ts'
import type { Delay } from '../ports/index.ts'

import type { Recover } from './options.ts'
import { policyOf } from './policy.ts'
import { sensitiveIn } from './sensitive.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'
import type {
  ConfirmSpec,
  EffectSpec,
  FlipSpec,
  GuardSpec,
  Migrations,
  PhaseSpec,
  RetrySpec,
  TransactSpec,
  TransactUndoSpec,
  Trials,
  UndoSpec,
} from './types.ts'

// Options come in as `unknown`: JavaScript users get the same refusals. What goes out has every default filled in.

export function parseChartOptions(options: unknown): { readonly version: number; readonly migrations: Migrations } {
  const given = known(options, 'chart options', ['version', 'migrate'])
  return { version: positiveInteger(given.version, 'version'), migrations: parseMigrations(given.migrate) }
}

function parseMigrations(migrate: unknown): Migrations {
  if (migrate === undefined) return Object.freeze(Object.create(null))
  const migrations: Record<number, Record<string, string>> = Object.create(null)
  for (const [version, mapping] of entries(migrate, 'migrate')) {
    const option = `migrate.${version}`
    const phases: Record<string, string> = Object.create(null)
    for (const [old, phase] of entries(mapping, option)) {
      phases[identifier(old, `a phase of ${option}`)] = identifier(phase, `${option}.${old}`)
    }
    if (!/^[1-9]\d*$/.test(version)) refuse('a version of migrate', version, 'a whole number from 1')
    migrations[Number(version)] = Object.freeze(phases)
  }
  return Object.freeze(migrations)
}

export function parsePhase(name: unknown, options: unknown): PhaseSpec {
  const phase = identifier(name, 'the name of a phase')
  const place = `phase "${phase}"`
  const given = known(options, place, ['initial', 'final', 'after'])
  return Object.freeze({
    name: phase,
    initial: flag(given.initial, `${place}.initial`),
    final: flag(given.final, `${place}.final`),
    after: parseAfter(given.after, `${place}.after`),
  })
}

function parseAfter(after: unknown, option: string): readonly Delay[] {
  if (after === undefined) return Object.freeze([])
  const delays = entries(after, option)
    .filter(([, flip]) => flip !== undefined)
    .map(([delay, flip]) =>
      Object.freeze({
        flip: identifier(flip, `${option}["${delay}"]`),
        afterMs: parseDuration(delay, `a delay of ${option}`),
      }),
    )
  return Object.freeze(delays.sort((a, b) => a.afterMs - b.afterMs))
}

export function parseInput(schema: unknown, options: unknown, place: string): Pick<FlipSpec, 'input' | 'sensitive'> {
  const option = `the input of ${place}`
  const { sensitive } = known(options, `${option}, options`, ['sensitive'])
  const input = parseSchema(schema, option)
  return { input, sensitive: sensitiveIn(input, sensitive, option) }
}

function parseSchema(schema: unknown, option: string): StandardSchemaV1 {
  const holder = schema as { readonly '~standard'?: { readonly validate?: unknown } } | null | undefined
  if (typeof holder?.['~standard']?.validate === 'function') return schema as StandardSchemaV1
  return refuse(option, schema, 'a Standard Schema: zod, valibot, arktype, …')
}

export function parseGuard(place: string, name: unknown, check: unknown, options: unknown): GuardSpec {
  const guard = label(name, `the name of a guard of ${place}`)
  const inside = `${place}, guard "${guard}"`
  const given = known(options, inside, ['timeout'])
  return Object.freeze({
    name: guard,
    check: callable<GuardSpec['check']>(check, inside),
    timeoutMs: limit(given.timeout, `${inside}.timeout`, '5s'),
    policy: policyOf(check),
  })
}

export function parseConfirm(place: string, name: unknown, check: unknown, options: unknown): ConfirmSpec {
  const confirm = label(name, `the name of a confirm of ${place}`)
  const inside = `${place}, confirm "${confirm}"`
  const given = known(options, inside, ['within', 'poll'])
  return Object.freeze({
    name: confirm,
    check: callable<ConfirmSpec['check']>(check, inside),
    withinMs: limit(given.within, `${inside}.within`, '30s'),
    pollMs: limit(given.poll, `${inside}.poll`, '500ms'),
  })
}

/** `pastReturn`: a step before this one is irreversible. */
export function parseStep(place: string, name: unknown, options: unknown, pastReturn: boolean): EffectSpec {
  const step = identifier(name, `the name of a step of ${place}`)
  const inside = `${place}, step "${step}"`
  const given = known(options, inside, ['run', 'compensate', 'timeout', 'retry', 'once', 'irreversible'])
  const once = flag(given.once, `${inside}.once`)
  return Object.freeze({
    name: step,
    atomic: false,
    once,
    ...parseWork<EffectSpec['run'], UndoSpec['run']>(given, inside, { pastReturn, once }),
  })
}

/** The same for a step that is a transaction: it is exactly once, and does not have to say so. */
export function parseTransact(place: string, name: unknown, options: unknown, pastReturn: boolean): TransactSpec {
  const step = identifier(name, `the name of a step of ${place}`)
  const inside = `${place}, step "${step}"`
  const given = known(options, inside, ['run', 'compensate', 'timeout', 'retry', 'irreversible'])
  return Object.freeze({
    name: step,
    atomic: true,
    once: false,
    ...parseWork<TransactSpec['run'], TransactUndoSpec['run']>(given, inside, { pastReturn, once: false }),
  })
}

/** What a step of either kind says. */
interface WorkSpec<Run, Undo> extends Trials<Run> {
  readonly compensate: Trials<Undo> | undefined
  readonly irreversible: boolean
}

function parseWork<Run, Undo>(
  given: Readonly<Record<string, unknown>>,
  inside: string,
  { pastReturn, once }: { readonly pastReturn: boolean; readonly once: boolean },
): WorkSpec<Run, Undo> {
  const irreversible = flag(given.irreversible, `${inside}.irreversible`)
  return {
    run: callable<Run>(given.run, `${inside}.run`),
    compensate: parseUndo<Undo>(given.compensate, `${inside}.compensate`),
    timeoutMs: limit(given.timeout, `${inside}.timeout`, '30s'),
    // Past the point of no return there is only forward: giving up early would leave the flip stuck.
    retry: parseRetry(given.retry, `${inside}.retry`, (pastReturn || irreversible) && !once ? 5 : 1),
    irreversible,
  }
}

function parseUndo<Undo>(compensate: unknown, option: string): Trials<Undo> | undefined {
  if (compensate === undefined) return undefined
  const given =
    typeof compensate === 'function' ? { run: compensate } : known(compensate, option, ['run', 'timeout', 'retry'])
  const { run, timeout, retry }: { run?: unknown; timeout?: unknown; retry?: unknown } = given
  return Object.freeze({
    run: callable<Undo>(run, `${option}.run`),
    timeoutMs: limit(timeout, `${option}.timeout`, '30s'),
    retry: parseRetry(retry, `${option}.retry`, 3),
  })
}

function parseRetry(retry: unknown, option: string, attempts: number): RetrySpec {
  const given = known(retry, option, ['attempts', 'base', 'cap'])
  return Object.freeze({
    attempts: given.attempts === undefined ? attempts : positiveInteger(given.attempts, `${option}.attempts`),
    baseMs: duration(given.base, `${option}.base`, '100ms'),
    capMs: duration(given.cap, `${option}.cap`, '10s'),
  })
}

export function parseRecover(value: unknown, place: string): Recover {
  return value === 'resume' || value === 'rollBack'
    ? value
    : refuse(`${place}.recover`, value, "'resume' or 'rollBack'")
}

/** One or more names, each `accept`ed. */
export function parseNames(
  values: readonly unknown[],
  option: string,
  accept: (value: unknown, option: string) => string,
): readonly string[] {
  if (values.length === 0) refuse(option, undefined, 'one or more names')
  return Object.freeze([...new Set(values.map((value) => accept(value, option)))])
}

function entries(value: unknown, option: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(option, value, 'an object')
  return Object.entries(value)
}
