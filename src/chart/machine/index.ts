import type { Delay } from '../../ports/index.ts'

interface AnyPhase {
  readonly name: string
  readonly final: boolean
  readonly after: readonly Delay[]
}

interface AnyFlip {
  readonly name: string
  readonly from: readonly string[]
  readonly to: string
}

/** What a machine is made of. */
interface Shape<Phase extends AnyPhase, Flip extends AnyFlip> {
  readonly name: string
  readonly initial: string
  readonly phases: ReadonlyMap<string, Phase>
  readonly flips: ReadonlyMap<string, Flip>
}

/** What may be said of a machine's parts for people and tools: it changes nothing of what the machine does. */
export interface MachineNotes<Phase, Flip> {
  phase(phase: Phase): object
  /** `delay`: where the flip goes by itself. */
  flip(flip: Flip, delay: Delay | undefined): object
}

/** The configuration of an XState v5 machine, as plain data. */
export interface MachineConfig {
  readonly id: string
  readonly initial: string
  readonly states: { readonly [phase: string]: object }
}

const UNSAID: MachineNotes<unknown, unknown> = { phase: () => ({}), flip: () => ({}) }

/** The chart as the configuration of a machine: phases are states, flips are events, timers are delayed transitions. */
export function machineConfig<Phase extends AnyPhase, Flip extends AnyFlip>(
  chart: Shape<Phase, Flip>,
  notes: MachineNotes<Phase, Flip> = UNSAID,
): MachineConfig {
  const states = [...chart.phases.values()].map((phase) => [phase.name, stateOf(chart, phase, notes)])
  return { id: chart.name, initial: chart.initial, states: Object.fromEntries(states) }
}

function stateOf<Phase extends AnyPhase, Flip extends AnyFlip>(
  chart: Shape<Phase, Flip>,
  phase: Phase,
  notes: MachineNotes<Phase, Flip>,
): object {
  if (phase.final) return { ...notes.phase(phase), type: 'final' }
  const legal = [...chart.flips.values()].filter((flip) => flip.from.includes(phase.name))
  const timers = phase.after.map((delay) => [delay.afterMs, transitionOf(chart.flips.get(delay.flip), delay, notes)])
  return {
    ...notes.phase(phase),
    on: Object.fromEntries(legal.map((flip) => [flip.name, transitionOf(flip, undefined, notes)])),
    after: Object.fromEntries(timers),
  }
}

/** XState reads a dot in a target as a path; a flip to its own phase enters it anew. */
function transitionOf<Flip extends AnyFlip>(
  flip: Flip | undefined,
  delay: Delay | undefined,
  notes: MachineNotes<never, Flip>,
): object {
  const said = flip && notes.flip(flip, delay)
  return { ...said, target: flip?.to.replaceAll('.', '\\.'), reenter: true }
}
