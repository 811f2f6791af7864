import type { AnyChart, FlipSpec, StepSpec } from '../../chart/index.ts'
import type { Items } from './data.ts'
import { sorted } from './data.ts'

/** How a flip, a guard, a confirm, a step or an undo is named in what was seen. */
export const named = {
  flip: (flip: string, outcome: 'committed' | 'rolled back' | 'stuck' | 'illegal'): string => `${flip}: ${outcome}`,
  guard: (flip: string, guard: string, answer: 'yes' | 'no'): string => `${flip} > ${guard}: ${answer}`,
  confirm: (flip: string, confirm: string, end: 'yes' | 'timed out'): string => `${flip} > ${confirm}: ${end}`,
  step: (flip: string, step: string, end: 'done' | 'failed'): string => `${flip} > ${step}: ${end}`,
  undo: (flip: string, step: string): string => `${flip} > ${step}`,
} as const

/** All that can be seen of a chart. What cannot happen is not in it: a flip without steps is not rolled back. */
export function outlineOf(chart: AnyChart): Items {
  const flips = [...chart.flips.values()]
  return {
    phases: sorted(chart.phases.keys()),
    flips: sorted(flips.flatMap((flip) => outcomesOf(flip, chart).map((outcome) => named.flip(flip.name, outcome)))),
    guards: sorted(
      flips.flatMap(({ name, guards }) =>
        guards.flatMap((guard) => [named.guard(name, guard.name, 'yes'), named.guard(name, guard.name, 'no')]),
      ),
    ),
    confirms: sorted(
      flips.flatMap(({ name, confirms }) =>
        confirms.flatMap((confirm) => [
          named.confirm(name, confirm.name, 'yes'),
          named.confirm(name, confirm.name, 'timed out'),
        ]),
      ),
    ),
    steps: sorted(
      flips.flatMap(({ name, steps }) =>
        steps.flatMap((step) => [named.step(name, step.name, 'done'), named.step(name, step.name, 'failed')]),
      ),
    ),
    undos: sorted(flips.flatMap((flip) => undosOf(flip).map((step) => named.undo(flip.name, step.name)))),
  }
}

type Outcome = Parameters<typeof named.flip>[1]

function outcomesOf(flip: FlipSpec, chart: AnyChart): readonly Outcome[] {
  const outcomes: Outcome[] = ['committed']
  if (canRollBack(flip)) outcomes.push('rolled back')
  if (undosOf(flip).length > 0 || flip.steps.some((step) => mayFailForGood(step, flip))) outcomes.push('stuck')
  if (flip.from.length < chart.phases.size) outcomes.push('illegal')
  return outcomes
}

/** Whether anything can fail before the point of no return. */
function canRollBack({ steps: [first], confirms }: FlipSpec): boolean {
  return first === undefined ? confirms.length > 0 : !first.irreversible || first.atomic
}

/** A transaction that fails was taken back: only what comes after it makes its undo necessary. */
function undosOf(flip: FlipSpec): readonly StepSpec[] {
  return flip.steps.filter((step) => step.compensate !== undefined && (!step.atomic || !isLast(step, flip)))
}

/** Whether the flip can come to an end past its point of no return where it can go neither way. */
function mayFailForGood(step: StepSpec, flip: FlipSpec): boolean {
  return step.irreversible && (!step.atomic || !isLast(step, flip))
}

function isLast(step: StepSpec, { steps, confirms }: FlipSpec): boolean {
  return confirms.length === 0 && steps.at(-1) === step
}
