import { PhasegateError } from '../../base/index.ts'

/** The model gave something else when it was run again. `run`: the actions up to there. */
export function impure(run: readonly string[], problem: string): PhasegateError<'MODEL_IMPURE'> {
  const after = run.length === 0 ? '' : `, after ${run.join(', ')}`
  return new PhasegateError(
    'MODEL_IMPURE',
    `the model is not pure: ${problem}${after}; actions and next must give the same for the same, and change no state`,
    { run, problem },
  )
}
