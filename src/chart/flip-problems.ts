import type { FlipDraft } from './draft.ts'
import { type Problem, quoted, twice } from './problem.ts'

/** What is wrong with one flip, given the names of the phases. */
export function flipProblems(flip: FlipDraft, phases: ReadonlySet<string>): readonly Problem[] {
  const place = `flip ${quoted(flip.name)}`
  return [
    ...endProblems(flip, phases, place),
    ...twice(flip.guards, (name) => `${place}, guard ${quoted(name)}`),
    ...twice(flip.steps, (name) => `${place}, step ${quoted(name)}`),
    ...twice(flip.confirms, (name) => `${place}, confirm ${quoted(name)}`),
    ...roleProblems(flip, place),
    ...returnProblems(flip, place),
    ...onceProblems(flip, place),
  ]
}

function endProblems({ from, to }: FlipDraft, phases: ReadonlySet<string>, place: string): readonly Problem[] {
  const known = `use one of ${[...phases].map(quoted).join(', ')}`
  const unknown = (end: string, name: string): Problem => ({
    place: `${place}.${end}`,
    problem: `phase ${quoted(name)} is not declared`,
    mend: known,
  })
  return [
    ...(from.length === 0 ? [{ place, problem: 'does not say where it starts', mend: 'add .from(phase)' }] : []),
    ...(to === undefined ? [{ place, problem: 'does not say where it leads', mend: 'add .to(phase)' }] : []),
    ...from.filter((name) => !phases.has(name)).map((name) => unknown('from', name)),
    ...(to === undefined || phases.has(to) ? [] : [unknown('to', to)]),
  ]
}

function roleProblems({ allow, anyone }: FlipDraft, place: string): readonly Problem[] {
  if (!anyone || allow.length === 0) return []
  const problem = `is open to anyone, and reserved to ${allow.map(quoted).join(', ')}`
  return [{ place, problem, mend: 'remove .allowAnyone(), or .allow(…)' }]
}

/** The first irreversible step is the point of no return: nothing from there on is ever undone. */
function returnProblems(flip: FlipDraft, place: string): readonly Problem[] {
  const point = flip.steps.findIndex((step) => step.irreversible)
  if (point === -1) return []
  const mute = flip.steps.slice(point).filter((step) => step.compensate !== undefined)
  const problems: Problem[] = mute.map((step) => ({
    place: `${place}, step ${quoted(step.name)}`,
    problem: 'has a compensation that could never run: it is not before the point of no return',
    mend: `remove compensate, or move the step before ${quoted(flip.steps[point]?.name ?? '')}`,
  }))
  if (flip.recover === 'resume') return problems
  const backwards = {
    place,
    problem: `recover('rollBack') cannot be kept: step ${quoted(flip.steps[point]?.name ?? '')} is irreversible`,
    mend: "leave recover at 'resume', or make the irreversible part a flip of its own",
  }
  return [...problems, backwards]
}

function onceProblems({ steps }: FlipDraft, place: string): readonly Problem[] {
  return steps
    .filter((step) => step.once && step.retry.attempts > 1)
    .map((step) => ({
      place: `${place}, step ${quoted(step.name)}`,
      problem: `is to run at most once, and to be tried ${step.retry.attempts} times`,
      mend: 'remove once, or retry',
    }))
}
