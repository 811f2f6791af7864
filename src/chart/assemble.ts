import { PhasegateError } from '../base/index.ts'
import { toTable } from './compile.ts'
import type { ChartDraft, FlipDraft } from './draft.ts'
import { fingerprint } from './fingerprint.ts'
import type { Problem } from './problem.ts'
import type { AnyChart, FlipSpec, PhaseSpec } from './types.ts'
import { problemsOf } from './validate.ts'

/** Judges a draft and freezes it into a chart. Throws `CHART_INVALID` with every problem there is. */
export function assemble(draft: ChartDraft): AnyChart {
  const problems = problemsOf(draft)
  const initial = draft.phases.find((phase) => phase.initial)
  if (problems.length > 0 || initial === undefined) throw invalid(draft.name, problems)
  const phases = byName(draft.phases)
  const shape = {
    name: draft.name,
    initial: initial.name,
    phases,
    flips: byName(draft.flips.map((flip) => settle(flip, phases))),
    operators: draft.operators,
  }
  return Object.freeze({
    ...shape,
    version: draft.version,
    fingerprint: fingerprint(shape),
    table: toTable(shape),
    migrations: draft.migrations,
  })
}

function settle(flip: FlipDraft, phases: ReadonlyMap<string, PhaseSpec>): FlipSpec {
  const to = flip.to ?? ''
  return Object.freeze({ ...flip, to, entering: phases.get(to)?.after ?? Object.freeze([]) })
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(all.map((one) => [one.name, one]))
}

function invalid(chart: string, problems: readonly Problem[]): PhasegateError<'CHART_INVALID'> {
  const lines = problems.map(({ place, problem, mend }) => `  ${place}: ${problem}; ${mend}`)
  return new PhasegateError('CHART_INVALID', `chart "${chart}" cannot work:\n${lines.join('\n')}`, { chart, problems })
}
