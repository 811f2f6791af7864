import type { JournalRecord, RecordKind } from '../../ports/index.ts'
import { type MaskedOptions, maskedLines } from '../journal-text/index.ts'

/** What `expect.addSnapshotSerializer` takes. */
export interface JournalSerializer {
  test(value: unknown): boolean
  serialize(value: unknown, config: unknown, indentation: string): string
}

/** Writes records of a journal into snapshots as `masked` tells them, one a line. @throws OPTION_INVALID */
export function journalSerializer(options?: MaskedOptions): JournalSerializer {
  // Refused here, not by the first snapshot.
  maskedLines([], options)
  return {
    test: isJournal,
    // Numbers are set to the right: the lines stand in as it is.
    serialize: (records, _, indentation) => {
      const lines = maskedLines(records as readonly JournalRecord[], options)
      return ['[', ...lines.map((line) => indentation + line), `${indentation}]`].join('\n')
    },
  }
}

const KINDS: { readonly [Kind in RecordKind]: true } = {
  requested: true,
  started: true,
  stepped: true,
  turned: true,
  undone: true,
  committed: true,
  rolledBack: true,
  stuck: true,
  resolved: true,
  adopted: true,
  cancelRequested: true,
  denied: true,
  approved: true,
  forced: true,
  pruned: true,
  redacted: true,
  migrated: true,
}

function isJournal(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord)
}

function isRecord(value: unknown): boolean {
  const { n, at, epoch, kind } = (value ?? {}) as Partial<Record<keyof JournalRecord, unknown>>
  const isPlaced = [n, at, epoch].every((number) => typeof number === 'number')
  return isPlaced && typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}
