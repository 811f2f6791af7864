import { type AnyStateMachine, createMachine } from 'xstate'
import { machineConfig } from './machine/index.ts'
import type { AnyChart, Table } from './types.ts'

/** What a machine is made of. */
type ChartShape = Pick<AnyChart, 'name' | 'initial' | 'phases' | 'flips'>

/** The chart as an XState v5 machine: phases are states, flips are events, timers are delayed transitions. */
export function toMachine(chart: ChartShape): AnyStateMachine {
  return createMachine(machineConfig(chart))
}

/** Walks the machine into the table that decides at run time: a look-up without prototype, frozen. */
export function toTable(chart: ChartShape): Table {
  const states = toMachine(chart).states
  const table: Record<string, Readonly<Record<string, string>>> = Object.create(null)
  for (const phase of chart.phases.keys()) {
    const row: Record<string, string> = Object.create(null)
    for (const flip of chart.flips.keys()) {
      const target = states[phase]?.transitions.get(flip)?.[0]?.target?.[0]
      if (target) row[flip] = target.key
    }
    table[phase] = Object.freeze(row)
  }
  return Object.freeze(table)
}
