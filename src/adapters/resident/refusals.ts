import { logName } from '../../audit/index.ts'
import { PhasegateError } from '../../base/index.ts'
import type { Append, Head, SubjectRef } from '../../ports/index.ts'

/** The answer to an append that came too late. */
export function conflict(subject: SubjectRef, append: Append, head: Head | undefined): PhasegateError<'JOURNAL_CONFLICT'> {
  const name = logName(subject)
  const expected = `version ${append.expected.version}, epoch ${append.expected.epoch}`
  const found = `version ${head?.version ?? 0}, epoch ${head?.epoch ?? 0}`
  const message = `cannot append to ${name} at epoch ${append.head.epoch}: expected ${expected}; found ${found}`
  return new PhasegateError('JOURNAL_CONFLICT', message, { subject: name, expected, found })
}

/** The answer of a journal that was closed. */
export function closed(operation: string): PhasegateError<'JOURNAL_CLOSED'> {
  return new PhasegateError('JOURNAL_CLOSED', `cannot ${operation}: the journal was closed`, { operation })
}
