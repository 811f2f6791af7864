import assert from 'node:assert/strict'
import type { AuditEntry, AuditSink } from '../../ports/index.ts'
import { same } from './journal-samples.ts'
import { entriesOf, LOGS } from './sink-samples.ts'

/** A sink of audit records under test, new and empty. */
export interface AuditSinkHarness {
  readonly sink: AuditSink
  /** All that is kept, as whoever verifies it will find it, in the order in which it stands there. */
  kept(): Promise<readonly AuditEntry[]>
  /**
   * Opens the same place again, as the next process would. Undefined where nothing outlives the sink: what asks for it is
   * then passed over.
   */
  readonly reopen: (() => Promise<AuditSink>) | undefined
}

/** One thing that a sink promises: `promise` is its number in the documentation of `AuditSink`. */
export interface AuditSinkCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the sink does not keep the promise. Every run takes a new harness. */
  run(harness: AuditSinkHarness): Promise<void>
}

/** What is kept of a log once that which stands there again is left out. */
async function keptOf({ kept }: AuditSinkHarness, log: string): Promise<readonly AuditEntry[]> {
  const seen = new Set<number>()
  return (await kept()).filter((entry) => entry.log === log && !seen.has(entry.n) && seen.add(entry.n))
}

/** What every sink of audit records has to pass, as data, for any test runner. */
export const auditSinkContract: readonly AuditSinkCase[] = [
  {
    promise: 1,
    name: 'what was acknowledged is kept, all of it, however much comes at once',
    async run(harness) {
      const entries = entriesOf('a/1', 1_000)
      await harness.sink.write(entries.slice(0, 1))
      same(await keptOf(harness, 'a/1'), entries.slice(0, 1))
      await harness.sink.write(entries.slice(1))
      same(await keptOf(harness, 'a/1'), entries)
    },
  },
  {
    promise: 1,
    name: 'what was acknowledged is there after the place is opened again, and goes on',
    async run(harness) {
      if (harness.reopen === undefined) return
      const entries = entriesOf('a/1', 6)
      await harness.sink.write(entries.slice(0, 2))
      await harness.sink.write(entries.slice(2, 4))
      const again = await harness.reopen()
      same(await keptOf(harness, 'a/1'), entries.slice(0, 4))
      await again.write(entries.slice(4))
      same(await keptOf(harness, 'a/1'), entries)
    },
  },
  {
    promise: 2,
    name: 'an entry is kept as it came, whatever its texts are, and also without a payload',
    async run(harness) {
      const odd = ['{"a" :  1}', '{"b":1,"a":2}', 'line\nfeed', '\\n', 'nul\0', '\u2028', 'e\u0301', 'é', '🚦', ' ', '']
      const entries = odd.map((text, index) => ({
        log: 'a/1',
        n: index + 1,
        header: `${text}h`,
        payload: text,
        hash: `${index}`,
      }))
      await harness.sink.write(entries)
      same(await keptOf(harness, 'a/1'), entries)
    },
  },
  {
    promise: 3,
    name: 'entries of many logs, together or in turn, are kept in order, each with its own',
    async run(harness) {
      const logs = LOGS.map((log) => entriesOf(log, 4))
      await harness.sink.write(logs.slice(0, 1).flat())
      for (let n = 0; n < 4; n += 2) {
        await harness.sink.write(logs.slice(1).flatMap((entries) => entries.slice(n, n + 1)))
        await harness.sink.write(logs.slice(1).flatMap((entries) => entries.slice(n + 1, n + 2)))
      }
      for (const [index, log] of LOGS.entries()) same(await keptOf(harness, log), logs[index])
    },
  },
  {
    promise: 3,
    name: 'entries that come again are taken, and what is new among them is kept in order',
    async run(harness) {
      const entries = entriesOf('a/1', 6)
      await harness.sink.write(entries.slice(0, 3))
      await harness.sink.write(entries.slice(0, 3))
      await harness.sink.write(entries.slice(1, 5))
      const again = (await harness.reopen?.()) ?? harness.sink
      await again.write(entries.slice(3, 6))
      same(await keptOf(harness, 'a/1'), entries)
      const standing = (await harness.kept()).map(({ n }) => n)
      assert.ok(standing.length <= 13, `${standing.length} entries are kept, of 13 that came`)
    },
  },
]
