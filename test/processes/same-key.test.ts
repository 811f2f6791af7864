import { join } from 'node:path'
import { createGate } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { expect, test } from 'vitest'
import { build } from './build.ts'
import { Ledger } from './ledger.ts'
import { temporaryFolder } from './start.ts'

test('1,000 concurrent flips of one key are one run with one outcome, through two gates on one file journal', async ({
  onTestFinished,
}) => {
  const folder = temporaryFolder(onTestFinished)
  const journal = fileJournal(join(folder, 'journal'))
  const ledger = new Ledger(folder)
  let claims = 0
  const deps = { ledger, middle: async () => undefined, failing: undefined, answered: () => undefined }
  const gates = [createGate(build, { deps, journal }), createGate(build, { deps, journal })] as const
  for (const gate of gates) gate.on('flip.requested', () => (claims += 1))
  const results = await Promise.all(
    Array.from({ length: 1_000 }, (_, call) =>
      gates[call % 2 === 0 ? 0 : 1].subject('hut').flip('build', undefined, { key: 'k' }),
    ),
  )
  expect(claims).toBe(1)
  expect(new Set(results.map((result) => result.flipId)).size).toBe(1)
  expect(ledger.applied()).toEqual(['a', 'b', 'c'])
  for (const gate of gates) await gate.close()
  await journal.close()
})
