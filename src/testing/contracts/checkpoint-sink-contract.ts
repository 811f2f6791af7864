import type { AuditCheckpoint, CheckpointSink } from '../../ports/index.ts'
import { same } from './journal-samples.ts'
import { checkpointOf } from './sink-samples.ts'

/** A sink of checkpoints under test, new and empty. */
export interface CheckpointSinkHarness {
  readonly sink: CheckpointSink
  /** All that is kept, as whoever verifies it will find it, in the order in which it stands there. */
  kept(): Promise<readonly AuditCheckpoint[]>
  /**
   * Opens the same place again, as the next process would. Undefined where nothing outlives the sink: what asks for it is
   * then passed over.
   */
  readonly reopen: (() => Promise<CheckpointSink>) | undefined
}

/** One thing that a sink of checkpoints promises: `promise` is its number in the documentation of `CheckpointSink`. */
export interface CheckpointSinkCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the sink does not keep the promise. Every run takes a new harness. */
  run(harness: CheckpointSinkHarness): Promise<void>
}

/** What is kept once that which stands there again is left out. */
async function distinct({ kept }: CheckpointSinkHarness): Promise<readonly AuditCheckpoint[]> {
  const seen = new Set<string>()
  return (await kept()).filter(({ note }) => !seen.has(note) && seen.add(note))
}

/** What every sink of checkpoints has to pass, as data, for any test runner. */
export const checkpointSinkContract: readonly CheckpointSinkCase[] = [
  {
    promise: 1,
    name: 'a checkpoint that was acknowledged is kept, and so are all before it',
    async run(harness) {
      for (let seq = 1; seq <= 5; seq++) {
        await harness.sink.write(checkpointOf(seq))
        same((await distinct(harness)).at(-1)?.note, checkpointOf(seq).note)
      }
      same(
        (await distinct(harness)).map(({ note }) => note),
        [1, 2, 3, 4, 5].map((seq) => checkpointOf(seq).note),
      )
    },
  },
  {
    promise: 1,
    name: 'a checkpoint that was acknowledged is there after the place is opened again, and the next comes after it',
    async run(harness) {
      if (harness.reopen === undefined) return
      await harness.sink.write(checkpointOf(1))
      await harness.sink.write(checkpointOf(2))
      const again = await harness.reopen()
      same(await distinct(harness), [checkpointOf(1), checkpointOf(2)])
      await again.write(checkpointOf(3))
      same(await distinct(harness), [checkpointOf(1), checkpointOf(2), checkpointOf(3)])
    },
  },
  {
    promise: 2,
    name: 'a checkpoint is kept as it came: its note, the ends of logs beside it, and whether they are all',
    async run(harness) {
      const many = Array.from({ length: 2_000 }, (_, index) => ({ log: `a/${index}`, n: index + 1, hash: 'h' }))
      const given: readonly AuditCheckpoint[] = [
        checkpointOf(1),
        { ...checkpointOf(2), changed: [] },
        { ...checkpointOf(3), changed: many, complete: true },
      ]
      for (const checkpoint of given) await harness.sink.write(checkpoint)
      same(await distinct(harness), given)
    },
  },
  {
    promise: 3,
    name: 'a checkpoint that comes again is taken, and changes no order',
    async run(harness) {
      await harness.sink.write(checkpointOf(1))
      await harness.sink.write(checkpointOf(1))
      await harness.sink.write(checkpointOf(2))
      const again = (await harness.reopen?.()) ?? harness.sink
      await again.write(checkpointOf(2))
      await again.write(checkpointOf(3))
      same(await distinct(harness), [checkpointOf(1), checkpointOf(2), checkpointOf(3)])
    },
  },
  {
    promise: 3,
    name: 'of two notes of one seq both are kept: the next may follow either',
    async run(harness) {
      const given = [checkpointOf(1), checkpointOf(2), checkpointOf(2, 'another'), checkpointOf(3)]
      for (const checkpoint of given) await harness.sink.write(checkpoint)
      same(await distinct(harness), given)
    },
  },
]
