import { refuse } from '../../base/index.ts'
import type { Explanation, FlipOptions } from '../../gate/index.ts'
import type { JournalRecord } from '../../ports/index.ts'

/** What the matchers look at: a subject, a simulation, or whatever answers as they do. */
export interface LookedAt {
  readonly id?: string | undefined
  phase(): Promise<string>
  history(): AsyncIterable<JournalRecord> | Promise<readonly JournalRecord[]>
  explain(flip: string, input?: unknown, options?: FlipOptions): Promise<Explanation>
}

const METHODS = ['phase', 'history', 'explain'] as const

/** @throws OPTION_INVALID for what is neither: a promise of one, say */
export function lookedAt(value: unknown): LookedAt {
  const given = value as Partial<Record<string, unknown>> | null | undefined
  const isOne = METHODS.every((method) => typeof given?.[method] === 'function')
  return isOne ? (value as LookedAt) : refuse('what is expected', value, 'a subject or a simulation')
}

/** What happened to it, oldest first. */
export async function recordsOf(looked: LookedAt): Promise<readonly JournalRecord[]> {
  const history = looked.history()
  if (!(Symbol.asyncIterator in history)) return history
  const records: JournalRecord[] = []
  for await (const record of history) records.push(record)
  return records
}

/** Its name, as messages say it. */
export function nameOf({ id }: Pick<LookedAt, 'id'>): string {
  return typeof id === 'string' ? `"${id}"` : 'it'
}
