import { everySeen } from './coverage.ts'
import { type Coverage, merge, parseCoverage } from './data.ts'

/** Where it stands in what a test runner takes from a test to its reporters. */
const NAME = 'phasegateCoverage'

/** Hands on what was seen in this process since the last time. */
export function handOn(meta: object): void {
  const seen = everySeen.take()
  // Tests may be tried again: their first try has been seen, too.
  if (seen.length > 0) Object.assign(meta, { [NAME]: merge(handedOn(meta), seen) })
}

/** What was handed on: nothing, where nothing was seen. @throws OPTION_INVALID where it is of another version */
export function handedOn(meta: object): Coverage {
  const handed = (meta as { readonly [NAME]?: unknown })[NAME]
  return handed === undefined ? [] : parseCoverage(handed, NAME)
}
