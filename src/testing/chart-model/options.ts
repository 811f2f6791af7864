import { callable, isPlainObject, known, refuse } from '../../base/index.ts'
import type { AnyChart } from '../../chart/index.ts'
import type { Budget } from './state.ts'

/** What the steps act on and the guards read, as far as properties have to know of it. All pure. */
export interface ChartWorld<World> {
  readonly init: World
  /**
   * What steps and their undos make of it, by `step` or, where that is not unique, `flip.step`. A step that runs again
   * does it again. Undefined: it fails, without an effect.
   * @default nothing
   */
  readonly steps?: { readonly [step: string]: StepInWorld<World> } | undefined
  /**
   * What guards say, by `guard` or `flip.guard`.
   * @default yes, or no: both can happen
   */
  readonly guards?: { readonly [guard: string]: (world: World) => boolean } | undefined
  /**
   * What confirms say, by `confirm` or `flip.confirm`.
   * @default yes, or, as a failure, no
   */
  readonly confirms?: { readonly [confirm: string]: (world: World) => boolean } | undefined
  /**
   * What happens in the world by itself. Undefined: not now.
   * @default nothing
   */
  readonly events?: { readonly [event: string]: (world: World) => World | undefined } | undefined
}

export interface StepInWorld<World> {
  readonly run?: ((world: World) => World | undefined) | undefined
  readonly undo?: ((world: World) => World | undefined) | undefined
}

/** What an operator may order of a stuck flip. */
export type Order = 'retry' | 'skip' | 'force'

/** How much may go wrong in one run of the model. */
export interface ChartModelOptions<World> {
  /** @default 1 */
  readonly crashes?: number | undefined
  /** Steps, confirms and undos that fail or take too long. @default 1 */
  readonly failures?: number | undefined
  /** @default 1 */
  readonly cancels?: number | undefined
  /** Times that something may happen between the yes of the guards and the flip that they were asked for. @default 0 */
  readonly late?: number | undefined
  /** What operators order. Who skips or forces takes it upon himself that something is left behind. @default ['retry'] */
  readonly orders?: readonly Order[] | undefined
  /** @default none: guards may say yes or no */
  readonly world?: ChartWorld<World> | undefined
}

type Named<Value> = ReadonlyMap<string, Value>

/** Everything by `flip.name`. */
export interface Settings<World> {
  readonly budget: Budget
  readonly orders: readonly Order[]
  readonly init: World
  readonly steps: Named<StepInWorld<World>>
  readonly guards: Named<(world: World) => boolean>
  readonly confirms: Named<(world: World) => boolean>
  readonly events: readonly (readonly [string, (world: World) => World | undefined])[]
}

/** @throws OPTION_INVALID naming the option: also for a step, guard or confirm that the chart does not have */
export function parseChartModelOptions<World>(
  chart: AnyChart,
  options: ChartModelOptions<World> | undefined,
): Settings<World> {
  const names = ['crashes', 'failures', 'cancels', 'late', 'orders', 'world']
  const given = known(options, 'chartModel, options', names) as ChartModelOptions<World>
  const place = 'chartModel, options.world'
  const world = known(given.world, place, ['init', 'steps', 'guards', 'confirms', 'events'])
  const steps = named(world.steps, `${place}.steps`, namesOf(chart, 'steps'), stepIn<World>)
  const asks = (kind: 'guards' | 'confirms'): Named<(world: World) => boolean> =>
    named(world[kind], `${place}.${kind}`, namesOf(chart, kind), callable<(world: World) => boolean>)
  const events = Object.entries(known(world.events, `${place}.events`, Object.keys((world.events as object) ?? {})))
  return {
    budget: budgetOf(given),
    orders: ordersOf(given.orders),
    init: world.init as World,
    steps,
    guards: asks('guards'),
    confirms: asks('confirms'),
    events: events.map(([name, event]) => [name, callable(event, `${place}.events.${name}`)] as const),
  }
}

function budgetOf({ crashes, failures, cancels, late }: Omit<ChartModelOptions<unknown>, 'world'>): Budget {
  return {
    crashes: amount(crashes, 'crashes', 1),
    failures: amount(failures, 'failures', 1),
    cancels: amount(cancels, 'cancels', 1),
    late: amount(late, 'late', 0),
  }
}

function amount(value: unknown, name: string, fallback: number): number {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  return refuse(`chartModel, options.${name}`, value, 'a whole number from 0')
}

function ordersOf(orders: unknown): readonly Order[] {
  if (orders === undefined) return ['retry']
  const isOne = (order: unknown): boolean => order === 'retry' || order === 'skip' || order === 'force'
  if (Array.isArray(orders) && orders.every(isOne)) return orders as Order[]
  return refuse('chartModel, options.orders', orders, "a list of 'retry', 'skip' and 'force'")
}

function stepIn<World>(value: unknown, option: string): StepInWorld<World> {
  if (!isPlainObject(value)) return refuse(option, value, 'an object with run, undo, or both')
  const { run, undo } = known(value, option, ['run', 'undo'])
  if (run !== undefined) callable(run, `${option}.run`)
  if (undo !== undefined) callable(undo, `${option}.undo`)
  return value as StepInWorld<World>
}

function namesOf({ flips }: AnyChart, kind: 'steps' | 'guards' | 'confirms'): readonly (readonly [string, string])[] {
  return [...flips.values()].flatMap((flip) => flip[kind].map(({ name }) => [flip.name, name] as const))
}

/** What was given by name, by its full name: `flip.name`. */
function named<Value>(
  given: unknown,
  option: string,
  names: readonly (readonly [string, string])[],
  parse: (value: unknown, option: string) => Value,
): Named<Value> {
  const full = names.map((pair) => pair.join('.'))
  const short = names.map(([, name]) => name)
  const entries = Object.entries(known(given, option, [...full, ...short]))
  return new Map(
    entries.map(([name, value]) => {
      const found = full.filter((each, index) => each === name || (short[index] === name && !full.includes(name)))
      if (found.length > 1) refuse(`${option}.${name}`, value, `named as one of ${found.join(', ')}`)
      return [found[0] ?? name, parse(value, `${option}.${name}`)]
    }),
  )
}
