import { type ErrorCode, isPhasegateError, type PhasegateError } from 'phasegate'

/** The error of this code that `work` throws. */
export function caught<Code extends ErrorCode>(code: Code, work: () => unknown): PhasegateError<Code> {
  try {
    work()
  } catch (error) {
    if (isPhasegateError(error, code)) return error as unknown as PhasegateError<Code>
    throw error
  }
  throw new Error(`nothing was thrown; expected ${code}`)
}
