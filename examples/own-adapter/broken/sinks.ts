import type { AuditCheckpoint, AuditEntry } from 'phasegate/audit'
import type { AuditSinkHarness, CheckpointSinkHarness } from 'phasegate/testing'
import { checkpointsOn, entriesOn, tapeCheckpoints, tapeSink } from '../sinks.ts'
import { type Tape, tape } from '../tape.ts'
import type { Broken } from './bend.ts'

/** Keeps, of what comes, what `keep` says; `before` is what it has. */
type Keep<Item> = (items: readonly Item[], before: readonly Item[]) => readonly Item[]

/** What happens to the tape when the sink is opened again. */
type Reopened = (kept: Tape) => void

const nothing = (): void => undefined

function sink(
  name: string,
  breaks: number,
  keep: Keep<AuditEntry>,
  reopened: Reopened = nothing,
): Broken<AuditSinkHarness> {
  const harness = (): AuditSinkHarness => {
    const kept = tape()
    const open = () => ({
      write: async (entries: readonly AuditEntry[]) => tapeSink(kept).write(keep(entries, entriesOn(kept))),
    })
    const reopen = async () => {
      reopened(kept)
      return open()
    }
    return { sink: open(), kept: async () => entriesOn(kept), reopen }
  }
  return { name, breaks, harness }
}

function checkpoints(
  name: string,
  breaks: number,
  keep: Keep<AuditCheckpoint>,
  reopened: Reopened = nothing,
): Broken<CheckpointSinkHarness> {
  const harness = (): CheckpointSinkHarness => {
    const kept = tape()
    const open = () => ({
      write: async (checkpoint: AuditCheckpoint) => {
        for (const one of keep([checkpoint], checkpointsOn(kept))) await tapeCheckpoints(kept).write(one)
      },
    })
    const reopen = async () => {
      reopened(kept)
      return open()
    }
    return { sink: open(), kept: async () => checkpointsOn(kept), reopen }
  }
  return { name, breaks, harness }
}

const all = <Item>(items: readonly Item[]): readonly Item[] => items
const anew: Reopened = (kept) => kept.replace([])

function refuseRepeats<Item>(items: readonly Item[], before: readonly Item[], is: (a: Item, b: Item) => boolean) {
  if (items.some((item) => before.some((other) => is(item, other)))) throw new Error('it is there already')
  return items
}

const isSame = (a: AuditEntry, b: AuditEntry): boolean => a.log === b.log && a.n === b.n
const lineOf = ({ note }: AuditCheckpoint): string | undefined => note.split('\n')[3]

/** What can be wrong with a sink of audit records. */
export const brokenSinks: readonly Broken<AuditSinkHarness>[] = [
  sink('keeps a hundred at a time', 1, (entries) => entries.slice(0, 100)),
  sink('begins anew whenever it is opened', 1, all, anew),
  sink('trims what it keeps', 2, (entries) =>
    entries.map((entry) => ({ ...entry, header: entry.header.trim(), payload: entry.payload.trim() })),
  ),
  sink('passes over what has no payload', 2, (entries) => entries.filter(({ payload }) => payload !== '')),
  sink('folds the case of logs', 3, (entries) => entries.map((entry) => ({ ...entry, log: entry.log.toLowerCase() }))),
  sink('knows what it has by number alone', 3, (entries, before) =>
    entries.filter(({ n }) => !before.some((other) => other.n === n)),
  ),
  sink('refuses what comes again', 3, (entries, before) => refuseRepeats(entries, before, isSame)),
]

/** What can be wrong with a sink of checkpoints. */
export const brokenCheckpoints: readonly Broken<CheckpointSinkHarness>[] = [
  checkpoints('keeps every other one', 1, (given, before) => (before.length % 2 === 0 ? given : [])),
  checkpoints('begins anew whenever it is opened', 1, all, anew),
  checkpoints('keeps the note alone', 2, (given) => given.map(({ note }) => ({ note, changed: [], complete: false }))),
  checkpoints('trims the note', 2, (given) => given.map((one) => ({ ...one, note: one.note.trim() }))),
  checkpoints('refuses what comes again', 3, (given, before) =>
    refuseRepeats(given, before, (a, b) => a.note === b.note),
  ),
  checkpoints('keeps one of each seq', 3, (given, before) =>
    given.filter((one) => !before.some((other) => lineOf(other) === lineOf(one))),
  ),
]
