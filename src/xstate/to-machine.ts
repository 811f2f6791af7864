import { createMachine, type EventObject, type StateMachine, type StateSchema } from 'xstate'
import { refuse } from '../base/index.ts'
import type { FlipsOf, PhasesOf } from '../chart/index.ts'
import { machineConfig } from '../chart/machine/index.ts'
import type { TypedChart } from '../gate/index.ts'
import { type FlipMeta, NOTES, type PhaseMeta } from './notes.ts'

/** The events of a chart's machine: one for every flip. */
export type FlipEvent<C extends TypedChart> = EventOf<keyof FlipsOf<C> & string>

/** A chart whose types were erased has flips of any name. */
type EventOf<Flip extends string> = [Flip] extends [never]
  ? { readonly type: string }
  : { [Name in Flip]: { readonly type: Name } }[Flip]

/** A chart as a machine: its states are the phases, its events the flips. */
export type ChartMachine<C extends TypedChart> = StateMachine<
  Record<string, never>,
  FlipEvent<C>,
  Record<string, undefined>,
  never,
  never,
  never,
  never,
  PhasesOf<C>,
  'initial' | 'final',
  undefined,
  undefined,
  EventObject,
  PhaseMeta,
  StateSchema,
  FlipMeta
>

/**
 * The chart as an XState v5 machine, for visualisers, graph tools, and people who read XState. Descriptions and `meta` tell
 * what a flip asks and does; nothing of it is run: guards, steps and confirms belong to a gate.
 *
 * @example getShortestPaths(toMachine(upgrade))
 */
export function toMachine<C extends TypedChart>(chart: C): ChartMachine<C> {
  if (!(chart?.flips instanceof Map)) return refuse('chart', chart, 'what chart(…)….build() returns')
  return createMachine({ ...machineConfig(chart, NOTES), version: String(chart.version) }) as unknown as ChartMachine<C>
}
