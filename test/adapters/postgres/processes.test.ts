import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type FlipOutcome, type JournalRecord } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { build } from '../../processes/build.ts'
import { stepsOf } from '../../processes/ledger.ts'
import { temporaryFolder, Worker } from '../../processes/start.ts'
import { TableLedger } from '../../processes/table-ledger.ts'
import { describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

const TTL_MS = 600

describeWith('postgres', 'processes on one PostgreSQL', ({ url }) => {
  /** Tables, and a gate that outlives the others. */
  async function stage(whenFinished: WhenFinished) {
    const schema = newSchema(whenFinished)
    const pool = postgresPool(whenFinished)
    await migrate(pool, { schema })
    const ledger = new TableLedger(postgresPool(whenFinished), schema)
    await ledger.create()
    const deps = { ledger, middle: async () => undefined, failing: undefined, answered: () => undefined }
    const gate = createGate(build, { deps, journal: postgresJournal(pool, { schema }), leaseTtl: TTL_MS })
    const orders = { folder: temporaryFolder(whenFinished), postgres: { url, schema }, ttl: TTL_MS }
    return { gate, ledger, orders, hut: gate.subject('hut') }
  }
  type Stage = Awaited<ReturnType<typeof stage>>

  /** What the gate adopts, once the lease of a dead owner has run out. */
  async function adopt({ gate, hut }: Stage): Promise<readonly FlipOutcome[]> {
    for (;;) {
      const { adopted } = await gate.recover()
      if (adopted.length > 0 || (await hut.state()).flip === undefined) return adopted
      await pause(20)
    }
  }

  /** Every effect once, and nobody older after somebody newer: neither in the journal nor at the resource. */
  async function expectBuiltOnce({ hut, ledger }: Stage): Promise<void> {
    const effects = await ledger.effects()
    const records: JournalRecord[] = []
    for await (const record of hut.history()) records.push(record)
    expect(stepsOf(effects)).toEqual(['a', 'b', 'c'])
    for (const marks of [effects, records]) {
      const epochs = marks.map(({ epoch }) => epoch)
      expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
    }
    expect(records.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(await hut.phase()).toBe('house')
  }

  describe.concurrent('one stopped in a step, past its lease, and adopted', () => {
    test.for(Array.from({ length: 10 }, (_, n) => n + 1))(
      'harms nothing when it goes on (%i of 10)',
      async (_, { onTestFinished }) => {
        const site = await stage(onTestFinished)
        const zombie = new Worker({ ...site.orders, waitIn: 'b' }, onTestFinished)
        await zombie.saying('waiting')
        zombie.child.kill('SIGSTOP')
        expect((await adopt(site)).map(({ outcome }) => outcome)).toEqual(['committed'])
        writeFileSync(join(site.orders.folder, 'go'), '')
        zombie.child.kill('SIGCONT')
        expect(await zombie.saying('ended')).toMatchObject({ code: expect.stringMatching(/^(?:LEASE_LOST|FENCED)$/) })
        await zombie.exited
        await expectBuiltOnce(site)
        expect((await site.ledger.effects()).map(({ epoch }) => epoch)).toEqual([1, 2, 2])
      },
    )
  })

  test('one whose lease the server has let run out early, by a clock that was set forward, is fenced by the journal', async ({
    onTestFinished,
  }) => {
    const site = await stage(onTestFinished)
    const owner = new Worker({ ...site.orders, waitIn: 'b', ttl: 60_000 }, onTestFinished)
    await owner.saying('waiting')
    await postgresPool(onTestFinished).query(
      `update ${site.orders.postgres.schema}.head set lease_until = lease_until - interval '1 hour'`,
    )
    expect((await adopt(site)).map(({ outcome }) => outcome)).toEqual(['committed'])
    writeFileSync(join(site.orders.folder, 'go'), '')
    expect(await owner.saying('ended')).toMatchObject({ code: 'FENCED' })
    await expectBuiltOnce(site)
  })

  const BOUNDARIES = [1, 2, 3, 4].flatMap((append) => [
    { when: 'before' as const, append },
    { when: 'after' as const, append },
  ])

  describe.concurrent('one killed with kill -9', () => {
    test.for(BOUNDARIES)(
      '$when append $append of 4: its flip is adopted and finished, each effect once',
      async (die, { onTestFinished }) => {
        const site = await stage(onTestFinished)
        const worker = new Worker({ ...site.orders, die }, onTestFinished)
        await worker.exited
        expect(worker.child.signalCode).toBe('SIGKILL')
        const wasClaimed = die.append > 1 || die.when === 'after'
        const wasCommitted = die.append === 4 && die.when === 'after'
        const adopted = (await adopt(site)).map(({ outcome }) => outcome)
        expect(adopted).toEqual(wasClaimed && !wasCommitted ? ['committed'] : [])
        const repeated = await site.hut.flip('build', undefined, { key: 'k' })
        expect(repeated).toMatchObject({ to: 'house', replayed: wasClaimed })
        await expectBuiltOnce(site)
      },
    )
  })
})
