import fc, { type Arbitrary } from 'fast-check'
import type { AnyChart } from '../../chart/index.ts'
import type { Actor } from '../../ports/index.ts'
import type { FlipsSettings } from './options.ts'

/** A flip as it is drawn. Which one is legal is seen when its turn comes. */
export interface Call {
  readonly wish: { readonly type: 'legal'; readonly pick: number } | { readonly type: 'named'; readonly flip: string }
  /** By flip, for those that take one. */
  readonly inputs: Readonly<Record<string, unknown>>
  readonly actor: Actor | undefined
  readonly key: string | undefined
}

/** What goes wrong in one of the flip's steps. */
export interface Trouble {
  readonly how: 'fails' | 'fails after its effect' | 'crash before' | 'crash after'
  readonly pick: number
}

/** One thing that happens. */
export type Command =
  | { readonly type: 'flip'; readonly call: Call; readonly trouble: Trouble | undefined }
  | { readonly type: 'together'; readonly calls: readonly Call[] }
  | { readonly type: 'event'; readonly name: string }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'crash' }
  | { readonly type: 'recover' }

const SECOND = 1_000

/** What can happen to a chart's subject: mostly flips that are legal, and everything that can come between them. */
export function commandFor(settings: FlipsSettings): Arbitrary<Command> {
  const { chart, events } = settings
  const call = callFor(settings)
  const one: fc.WeightedArbitrary<Command>[] = [
    { weight: 8, arbitrary: fc.record({ type: fc.constant('flip'), call, trouble: troubleFor(chart) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('together'), calls: togetherOf(call) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('advance'), ms: timeFor(chart) }) },
    { weight: 1, arbitrary: fc.constant({ type: 'recover' }) },
    { weight: 1, arbitrary: fc.constant({ type: 'crash' }) },
  ]
  const names = Object.keys(events)
  if (names.length > 0) {
    one.push({ weight: 4, arbitrary: fc.record({ type: fc.constant('event'), name: fc.constantFrom(...names) }) })
  }
  return fc.oneof(...one)
}

function callFor({ chart, inputs, actors }: FlipsSettings): Arbitrary<Call> {
  return fc.record({
    wish: fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('legal'), pick: fc.nat({ max: 11 }) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('named'), flip: fc.constantFrom(...chart.flips.keys()) }) },
    ),
    inputs: fc.record({ ...inputs }),
    actor: fc.constantFrom(...actors),
    key: fc.option(fc.constantFrom('a', 'b'), { nil: undefined, freq: 2 }),
  })
}

/** Callers at one time, with a key each, with the same, or with none. */
function togetherOf(call: Arbitrary<Call>): Arbitrary<Call[]> {
  const same = fc.tuple(call, fc.nat({ max: 1 })).map(([one, more]) => [one, one, ...Array(more).fill(one)])
  return fc.oneof(fc.array(call, { minLength: 2, maxLength: 3 }), same)
}

function troubleFor({ flips }: AnyChart): Arbitrary<Trouble | undefined> {
  if ([...flips.values()].every(({ steps }) => steps.length === 0)) return fc.constant(undefined)
  const trouble = fc.record({
    how: fc.constantFrom<Trouble['how'][]>('fails', 'fails after its effect', 'crash before', 'crash after'),
    pick: fc.nat({ max: 7 }),
  })
  return fc.option(trouble, { nil: undefined, freq: 3 })
}

/** Moments, a lease's time, what fakes may wait for, and as long as the timers of the chart take: just not, and just. */
function timeFor({ phases }: AnyChart): Arbitrary<number> {
  const timers = [...phases.values()].flatMap(({ after }) => after.flatMap(({ afterMs }) => [afterMs - 1, afterMs]))
  return fc.constantFrom(SECOND, 20 * SECOND, 3_600 * SECOND, ...timers.filter((ms) => ms > 0))
}
