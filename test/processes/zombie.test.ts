import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGate } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { expect, test } from 'vitest'
import { build } from './build.ts'
import { Ledger } from './ledger.ts'
import { temporaryFolder, Worker } from './start.ts'

const TTL_MS = 400

test.for([1, 2, 3])(
  'a stopped owner is adopted past its lease, and fenced when it goes on (%i of 3)',
  async (_, { onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const zombie = new Worker({ folder, waitIn: 'b', ttl: TTL_MS }, onTestFinished)
    await zombie.saying('waiting')
    zombie.child.kill('SIGSTOP')

    const journal = fileJournal(join(folder, 'journal'), { ttl: TTL_MS, wait: '20s' })
    const ledger = new Ledger(folder)
    const deps = { ledger, middle: async () => undefined, failing: undefined, answered: () => undefined }
    const gate = createGate(build, { deps, journal, leaseTtl: TTL_MS })
    const { adopted } = await gate.recover()
    expect(adopted.map((flip) => flip.outcome)).toEqual(['committed'])

    writeFileSync(join(folder, 'go'), '')
    zombie.child.kill('SIGCONT')
    const ended = await zombie.saying('ended')
    await zombie.exited
    expect(ended).toMatchObject({ code: expect.stringMatching(/^(LEASE_LOST|FENCED)$/) })
    expect(ledger.applied()).toEqual(['a', 'b', 'c'])
    expect(ledger.effects().map((effect) => effect.epoch)).toEqual([1, 2, 2])
    expect(await gate.subject('hut').phase()).toBe('house')
    await gate.close()
    await journal.close()
  },
)

test('two gates of one process start never share an identity', () => {
  const gate = () =>
    createGate(build, {
      deps: { ledger: new Ledger(''), middle: async () => undefined, failing: undefined, answered: () => undefined },
    })
  expect(gate().owner).not.toBe(gate().owner)
})
