import type { AnyChart } from '../../chart/index.ts'
import type { Instruments } from './instruments.ts'

export const OUTCOMES = ['committed', 'rolledBack', 'stuck', 'interrupted'] as const
const CONTENTIONS = ['refused', 'waited'] as const
const OVERRIDES = ['forced', 'skip', 'force', 'breakGlass'] as const

/**
 * Begins to count, at nothing, what can be counted of a chart. A series that began with its first event would hide it: who
 * looks for an increase sees none.
 */
export function countFromZero({ name: chart, flips }: AnyChart, instruments: Instruments): void {
  const { fenced, traced, overrides, adoptions, contention, inProgress } = instruments
  fenced.add(0, { chart })
  traced.add(0, { chart })
  for (const reason of OVERRIDES) overrides.add(0, { chart, reason })
  for (const flip of flips.keys()) {
    adoptions.add(0, { chart, flip })
    inProgress.add(0, { chart, flip })
    for (const outcome of OUTCOMES) instruments.flips.add(0, { chart, flip, outcome })
    for (const outcome of CONTENTIONS) contention.add(0, { chart, flip, outcome })
  }
}
