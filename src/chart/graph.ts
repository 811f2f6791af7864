import type { ChartDraft } from './draft.ts'
import { type Problem, quoted } from './problem.ts'
import type { PhaseSpec } from './types.ts'

type Edges = ReadonlyMap<string, ReadonlySet<string>>

/** What is wrong with the shape: phases that nothing leads to, or that nothing leads out of. */
export function shapeProblems(draft: ChartDraft): readonly Problem[] {
  const { phases } = draft
  const out = edges(draft, (from, to) => [from, to])
  const back = edges(draft, (from, to) => [to, from])
  const ends = phases.filter((phase) => exits(out, phase) === 0)
  const initial = phases.filter((phase) => phase.initial)
  const reached = closure(initial, out)
  return [
    ...(initial.length === 0 ? [] : phases.filter((phase) => !reached.has(phase.name)).map(unreachable)),
    ...ends.filter((phase) => !phase.final).map(deadEnd),
    ...phases.filter((phase) => phase.final && exits(out, phase) > 0).map((phase) => finalWithExits(phase, draft)),
    ...trap(phases, reached, closure([...ends, ...phases.filter((phase) => phase.final)], back)),
  ]
}

function exits(out: Edges, phase: PhaseSpec): number {
  return out.get(phase.name)?.size ?? 0
}

function edges(draft: ChartDraft, direct: (from: string, to: string) => readonly [string, string]): Edges {
  const names = new Set(draft.phases.map((phase) => phase.name))
  const found = new Map<string, Set<string>>()
  for (const { from: froms, to } of draft.flips) {
    for (const from of froms) {
      if (to === undefined || !names.has(from) || !names.has(to)) continue
      const [tail, head] = direct(from, to)
      found.set(tail, (found.get(tail) ?? new Set()).add(head))
    }
  }
  return found
}

/** Everything that can be reached from `start`, itself included. */
function closure(start: readonly PhaseSpec[], along: Edges): ReadonlySet<string> {
  const reached = new Set(start.map((phase) => phase.name))
  // A Set gives out what is added while it is walked.
  for (const name of reached) for (const next of along.get(name) ?? []) reached.add(next)
  return reached
}

/** A dead end is reported by itself, so a phase that leads to one is no trap of its own. */
function trap(
  phases: readonly PhaseSpec[],
  reached: ReadonlySet<string>,
  ending: ReadonlySet<string>,
): readonly Problem[] {
  if (!phases.some((phase) => phase.final)) return []
  const caught = phases.map((phase) => phase.name).filter((name) => reached.has(name) && !ending.has(name))
  if (caught.length === 0) return []
  return [
    {
      place: `phases ${caught.map(quoted).join(', ')}`,
      problem: 'a trap: once entered, no final phase can be reached',
      mend: 'declare a flip that leads out of them, or no final phase at all if the chart is meant to go round for ever',
    },
  ]
}

function unreachable({ name }: PhaseSpec): Problem {
  return {
    place: `phase ${quoted(name)}`,
    problem: 'cannot be reached from the initial phase',
    mend: 'declare a flip that leads to it, or remove it',
  }
}

function deadEnd({ name }: PhaseSpec): Problem {
  return {
    place: `phase ${quoted(name)}`,
    problem: 'a dead end: no flip leads out of it, and it is not final',
    mend: 'mark it { final: true }, or declare a flip from it',
  }
}

function finalWithExits({ name }: PhaseSpec, draft: ChartDraft): Problem {
  const flips = draft.flips.filter((flip) => flip.from.includes(name)).map((flip) => quoted(flip.name))
  return {
    place: `phase ${quoted(name)}`,
    problem: `is final, and yet left by ${flips.join(', ')}`,
    mend: 'remove { final: true }, or take it out of their from(…)',
  }
}
