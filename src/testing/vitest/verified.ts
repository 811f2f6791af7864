import { refuse } from '../../base/index.ts'
import { type AuditedJournal, type VerifyOptions, verify } from '../../trail/index.ts'
import type { Judged } from './judged.ts'

/** What the records are verified against: as for `verify` of phasegate/audit. */
export type VerifyingOptions = Omit<VerifyOptions, 'journal' | 'folder' | 'entries'>

/** Whether all records of a journal, or of a simulation's, are as they were sealed, and in their places. */
export async function judgeVerified(received: unknown, options: VerifyingOptions | undefined): Promise<Judged> {
  const journal = journalIn(received)
  const report = await verify({ ...options, journal })
  return {
    is: report.verdict === 'bad' ? 'not so' : 'so',
    who: 'the journal',
    asked: 'verify',
    found: [
      `${report.verdict}: ${report.records} records of ${report.subjects} subjects`,
      ...report.faults.map(({ class: fault, log, n, problem }) => `${fault}: record ${n} of ${log}: ${problem}`),
    ],
  }
}

function journalIn(received: unknown): AuditedJournal {
  if (isJournal(received)) return received
  const within = (received as { readonly journal?: unknown } | null | undefined)?.journal
  return isJournal(within) ? within : refuse('what is expected', received, 'a journal, or a simulation')
}

function isJournal(value: unknown): value is AuditedJournal {
  const given = value as Partial<AuditedJournal> | null | undefined
  return typeof given?.tips === 'function' && typeof given.history === 'function'
}
