import { logName } from '../../audit/index.ts'
import { PhasegateError, refuse } from '../../base/index.ts'
import type { Append, Head, SubjectRef } from '../../ports/index.ts'

/** The answer to an append that came too late. */
export function conflict(
  subject: SubjectRef,
  append: Append,
  head: Pick<Head, 'version' | 'epoch'> | undefined,
): PhasegateError<'JOURNAL_CONFLICT'> {
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

/** Refuses an append whose numbers are not those that follow: stored, it would make the journal unreadable. */
export function checkNumbers(append: Append): void {
  checkDrop(append)
  const { expected, records, head } = append
  const wanted = expected.version + records.length
  const follows = records.every((record, index) => record.n === expected.version + index + 1)
  if (records.length > 0 && follows && head.version === wanted) return
  const value = `records ${records.map(({ n }) => n).join(', ')} and a head of version ${head.version}`
  const wants = `at least one record, numbered on from ${expected.version + 1}, and a head of the last one's version`
  throw new PhasegateError('OPTION_INVALID', `the append holds ${value}; it must hold ${wants}`, {
    option: 'append',
    value,
    expected: wants,
  })
}

/** Refuses to drop what there is not. */
export function checkDrop({ expected, drop }: Append): void {
  const stranger = drop?.find((n) => !Number.isSafeInteger(n) || n < 1 || n > expected.version)
  if (stranger !== undefined)
    refuse('append.drop', stranger, `numbers of records that there are: 1 to ${expected.version}`)
}

/** The answer of a lock to who has waited as long as it would. */
export function busy(resource: string, waitedMs: number): PhasegateError<'RESOURCE_BUSY'> {
  const message = `cannot acquire "${resource}": held by another after ${Math.round(waitedMs)} ms`
  return new PhasegateError('RESOURCE_BUSY', message, { resource, waitedMs })
}
