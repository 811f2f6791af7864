import { whereabouts } from '../flip/index.ts'

/** The phase that something happens under. */
export interface CurrentPhase {
  readonly chart: string
  readonly subject: string
  /** As this process saw it last; undefined before its first look. */
  readonly phase: string | undefined
  /** Inside a step, a confirm or an undo: the flip that it is part of. */
  readonly flipId: string | undefined
}

/**
 * The phase of the subject that this call is about, looked up now: inside guards, steps, confirms and undos, and in work
 * that `withPhase` has bound. Undefined elsewhere.
 */
export function currentPhase(): CurrentPhase | undefined {
  const here = whereabouts()
  if (here === undefined) return undefined
  const { ref, phase } = here.subject
  return { chart: ref.chart, subject: ref.id, phase, flipId: here.flipId }
}
