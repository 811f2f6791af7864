import { formatMs } from '../base/index.ts'
import type { ChartDraft, FlipDraft } from './draft.ts'
import { flipProblems } from './flip-problems.ts'
import { shapeProblems } from './graph.ts'
import { type Problem, quoted, twice } from './problem.ts'
import type { PhaseSpec } from './types.ts'

/** Everything that is wrong with a chart as a whole; empty when it can be built. */
export function problemsOf(draft: ChartDraft): readonly Problem[] {
  const phases = new Set(draft.phases.map((phase) => phase.name))
  return [
    ...initialProblems(draft),
    ...twice(draft.phases, (name) => `phase ${quoted(name)}`),
    ...twice(draft.flips, (name) => `flip ${quoted(name)}`),
    ...draft.flips.flatMap((flip) => flipProblems(flip, phases)),
    ...draft.phases.flatMap((phase) => timerProblems(phase, draft.flips)),
    ...shapeProblems(draft),
    ...migrationProblems(draft, phases),
  ]
}

function initialProblems({ name, phases }: ChartDraft): readonly Problem[] {
  const initial = phases.filter((phase) => phase.initial).map((phase) => quoted(phase.name))
  if (initial.length === 1) return []
  const problem =
    initial.length === 0 ? 'no phase is initial' : `${initial.join(' and ')} are initial; there is one beginning`
  return [{ place: `chart ${quoted(name)}`, problem, mend: 'mark exactly one phase { initial: true }' }]
}

function timerProblems(phase: PhaseSpec, flips: readonly FlipDraft[]): readonly Problem[] {
  return phase.after.flatMap(({ flip, afterMs }, index) => {
    const place = `phase ${quoted(phase.name)}, after ${formatMs(afterMs)}`
    const named = flips.find((one) => one.name === flip)
    const found = named ? timedFlipProblems(phase, named) : [`names flip ${quoted(flip)}, which is not declared`]
    if (phase.after[index + 1]?.afterMs === afterMs) found.push('another timer falls due at the same time')
    return found.map((problem) => ({
      place,
      problem,
      mend: `name one flip from ${quoted(phase.name)} that takes no input`,
    }))
  })
}

function timedFlipProblems(phase: PhaseSpec, flip: FlipDraft): string[] {
  const illegal = flip.from.includes(phase.name)
    ? []
    : [`names flip ${quoted(flip.name)}, which is not legal from there`]
  const starved =
    flip.input === undefined ? [] : [`names flip ${quoted(flip.name)}, which needs input; a timer has none to give`]
  return [...illegal, ...starved]
}

function migrationProblems({ version, migrations }: ChartDraft, phases: ReadonlySet<string>): readonly Problem[] {
  return Object.entries(migrations).flatMap(([from, mapping]) => {
    const place = `migrate.${from}`
    const later =
      Number(from) < version ? [] : [`this chart is version ${version}; nothing moves to it from version ${from}`]
    const lost = Object.entries(mapping).filter(([, phase]) => !phases.has(phase))
    return [
      ...later.map((problem) => ({ place, problem, mend: `raise version above ${from}, or remove the mapping` })),
      ...lost.map(([old, phase]) => ({
        place: `${place}.${old}`,
        problem: `leads to phase ${quoted(phase)}, which is not declared`,
        mend: `use one of ${[...phases].map(quoted).join(', ')}`,
      })),
    ]
  })
}
