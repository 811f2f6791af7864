import { join } from 'node:path'
import { createGate, type Journal, type JournalRecord } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { describe, expect, test } from 'vitest'
import { build } from './build.ts'
import { Ledger } from './ledger.ts'
import { temporaryFolder, Worker } from './start.ts'

/** What a new process finds and does: adopts what was left, and repeats the request with its key. */
async function recoverAndRepeat(folder: string, failing: string | undefined) {
  const journal: Journal = fileJournal(join(folder, 'journal'))
  const ledger = new Ledger(folder)
  const deps = { ledger, middle: async () => undefined, failing, answered: () => undefined }
  const gate = createGate(build, { deps, journal })
  const recovery = await gate.recover()
  const hut = gate.subject('hut')
  const repeated = await hut.safeFlip('build', undefined, { key: 'k' })
  const records: JournalRecord[] = []
  for await (const record of hut.history()) records.push(record)
  const phase = await hut.phase()
  await gate.close()
  await journal.close()
  return { recovery, repeated, records, phase, applied: ledger.applied() }
}

function epochsOf(records: readonly JournalRecord[]): readonly number[] {
  return records.map((record) => record.epoch)
}

const BOUNDARIES = [1, 2, 3, 4].flatMap((append) => [
  { when: 'before' as const, append },
  { when: 'after' as const, append },
])

describe.concurrent('kill -9 at a record boundary of a flip of three steps', () => {
  test.for(BOUNDARIES)(
    '$when append $append: the flip is adopted and finished, each effect once',
    async (die, { onTestFinished }) => {
      const folder = temporaryFolder(onTestFinished)
      const worker = new Worker({ folder, die }, onTestFinished)
      await worker.exited
      expect(worker.child.signalCode).toBe('SIGKILL')

      const { recovery, repeated, records, phase, applied } = await recoverAndRepeat(folder, undefined)
      const wasClaimed = die.append > 1 || die.when === 'after'
      const wasCommitted = die.append === 4 && die.when === 'after'
      expect(recovery.adopted.map((flip) => flip.outcome)).toEqual(wasClaimed && !wasCommitted ? ['committed'] : [])
      expect(repeated).toMatchObject({ success: true, data: { to: 'house', replayed: wasClaimed } })
      expect(phase).toBe('house')
      expect(applied).toEqual(['a', 'b', 'c'])
      expect(epochsOf(records)).toEqual([...epochsOf(records)].sort((a, b) => a - b))
      expect(records.filter((record) => record.kind === 'committed')).toHaveLength(1)
    },
  )
})

// requested · a · b · turned · undo c · undo b · undo a with rolledBack
const UNDO_BOUNDARIES = [4, 5, 6, 7].flatMap((append) => [
  { when: 'before' as const, append },
  { when: 'after' as const, append },
])

describe.concurrent('kill -9 while a flip goes back', () => {
  test.for(UNDO_BOUNDARIES)(
    '$when append $append: the undo is finished, in reverse, each once',
    async (die, { onTestFinished }) => {
      const folder = temporaryFolder(onTestFinished)
      const worker = new Worker({ folder, die, failing: 'c' }, onTestFinished)
      await worker.exited
      expect(worker.child.signalCode).toBe('SIGKILL')

      const { recovery, records, applied } = await recoverAndRepeat(folder, 'c')
      const wasSettled = die.append === 7 && die.when === 'after'
      expect(recovery.adopted.map((flip) => flip.outcome)).toEqual(wasSettled ? [] : ['rolledBack'])
      const firstAttempt = applied.slice(0, 6)
      expect(firstAttempt).toEqual(['a', 'b', 'c', 'c:undo', 'b:undo', 'a:undo'])
      const turns = records.filter((record) => record.kind === 'turned')
      // The repeated request is a new attempt, which fails and is undone as well.
      expect(turns.map((record) => record.undo)).toEqual([
        ['c', 'b', 'a'],
        ['c', 'b', 'a'],
      ])
      expect(applied).toHaveLength(12)
    },
  )
})
