import { crashEverywhere } from 'phasegate/testing'
import { describe, expect, test } from 'vitest'
import { benches } from '../../examples/own-adapter/caught.ts'
import { tapeJournal } from '../../examples/own-adapter/journal.ts'
import { tape } from '../../examples/own-adapter/tape.ts'
import { canaryChart, canaryRequests, canaryTruths, makeCanaryDeps } from '../testing/charts/canary.ts'
import { run } from './run.ts'
import '../../examples/own-adapter/vitest.test.ts'

// A contract is worth what it catches.

describe.each(benches)('the contract of $port', ({ cases, verdicts }) => {
  test('names each broken adapter by the promise that it breaks, and each of its cases is there for one of them', async () => {
    const found = await verdicts()
    const missed = found.filter(({ breaks, caughtBy }) => !caughtBy.some(({ promise }) => promise === breaks))
    expect(missed.map(({ broken }) => broken)).toEqual([])
    const caught = new Set(found.flatMap(({ caughtBy }) => caughtBy.map(({ name }) => name)))
    expect(cases.filter(({ name }) => !caught.has(name)).map(({ name }) => name)).toEqual([])
  })
})

test('the example of an adapter of one’s own passes with node:test, too', async ({ onTestFinished }) => {
  const { code, said } = await run('examples/own-adapter/node.test.ts', onTestFinished)
  expect(said).toMatch(/^# pass [1-9]\d+$|^ℹ pass [1-9]\d+$/m)
  expect(code).toBe(0)
})

test('the example of an adapter of one’s own shows what the contracts catch', async ({ onTestFinished }) => {
  const { code, said } = await run('examples/own-adapter/index.ts', onTestFinished)
  expect(said).toMatch(/^✔ folds the case of names +13 {2}whatever the names, two subjects share nothing/m)
  expect(said).toContain('✔ every broken adapter was caught')
  expect(said).not.toContain('✘')
  expect(code).toBe(0)
})

test('a flip on the journal of one’s own survives a crash anywhere', async () => {
  const report = await crashEverywhere(canaryChart(), 'start', {
    deps: makeCanaryDeps,
    requests: canaryRequests,
    invariants: canaryTruths,
    journal: (clock) => tapeJournal(tape(), () => clock.now()),
  })
  expect(report.crashes).toBeGreaterThan(20)
  expect(report.zombies).toBeGreaterThan(20)
})
