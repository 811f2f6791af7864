import { type AnyStateMachine, createMachine } from 'xstate'
import type { AnyChart, FlipSpec, PhaseSpec, Table } from './types.ts'

/** What a machine is made of. */
type ChartShape = Pick<AnyChart, 'name' | 'initial' | 'phases' | 'flips'>

/** The chart as an XState v5 machine: phases are states, flips are events, timers are delayed transitions. */
export function toMachine(chart: ChartShape): AnyStateMachine {
  const flips = [...chart.flips.values()]
  return createMachine({
    id: chart.name,
    initial: chart.initial,
    states: Object.fromEntries(
      [...chart.phases.values()].map((phase) => [phase.name, stateOf(phase, flips, chart.flips)]),
    ),
  })
}

function stateOf(phase: PhaseSpec, flips: readonly FlipSpec[], byName: AnyChart['flips']): object {
  if (phase.final) return { type: 'final' }
  const legal = flips.filter((flip) => flip.from.includes(phase.name))
  return {
    on: Object.fromEntries(legal.map((flip) => [flip.name, transitionTo(flip.to)])),
    after: Object.fromEntries(phase.after.map(({ flip, afterMs }) => [afterMs, transitionTo(byName.get(flip)?.to)])),
  }
}

/** XState reads a dot in a target as a path; a flip to its own phase enters it anew. */
function transitionTo(phase: string | undefined): object {
  return { target: phase?.replaceAll('.', '\\.'), reenter: true }
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
