import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { coverageReport, parseCoverage } from 'phasegate/testing'
import type { CoverageReporterOptions } from 'phasegate/testing/reporter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithVitest, type Project, project } from './project.ts'

/** What the two files of the fixtures see together. */
const SEEN = 'valve: 76.9 % (phases 2/2, flips 2/4, guards 2/2, steps 3/4, undos 1/1)'
const MISSED = 'not seen: shut: illegal, shut: stuck, shut > turn: failed'

let here: Project
beforeAll(async () => {
  here = await project()
}, 120_000)
afterAll(() => here.leave())

/** The configuration of the fixtures, with these options of the reporter. */
function configure(options: CoverageReporterOptions): void {
  here.write(
    'vitest.config.ts',
    `import { defineConfig } from 'vitest/config'
     export default defineConfig({
       test: {
         include: ['*.fixture.ts'],
         setupFiles: ['phasegate/testing/vitest'],
         reporters: ['default', ['phasegate/testing/reporter', ${JSON.stringify(options)}]],
       },
     })`,
  )
}

/** Each way of running tests, with one version or the other: a run costs a second and a half. */
const POOLS: Readonly<Record<'vitest 4' | 'vitest 5', [pool: string, isolate: string][]>> = {
  'vitest 4': [
    ['threads', '--isolate'],
    ['forks', '--no-isolate'],
  ],
  'vitest 5': [
    ['threads', '--no-isolate'],
    ['forks', '--isolate'],
  ],
}

describe.each(['vitest 4', 'vitest 5'] as const)('with %s', (vitest) => {
  describeWithVitest(vitest, 'the tests of a project', () => {
    it.each(POOLS[vitest])(
      'hand on what they have seen, from %s with %s, and leave it as JSON',
      async (pool, isolate) => {
        rmSync(join(here.folder, 'left'), { recursive: true, force: true })
        configure({ thresholds: { guards: 100, flips: 50, all: 76 }, json: 'left/phasegate.json' })
        const { status, output } = await here.run(vitest, '--pool', pool, isolate, '--maxWorkers', '1')
        expect(output).toContain(`${SEEN}; ${MISSED}`)
        expect(output).not.toContain('Not enough')
        expect(status).toBe(0)
        const left = JSON.parse(readFileSync(join(here.folder, 'left/phasegate.json'), 'utf8'))
        const [report] = coverageReport(parseCoverage(left.coverage, 'coverage'))
        expect(report).toMatchObject({ chart: 'valve', version: 1, all: { seen: 10, of: 13 } })
        expect(left.report).toEqual([report])
      },
    )

    it('fail when a threshold is not met, though every test passes', async () => {
      configure({ thresholds: { guards: 100, flips: 75, steps: 75.1 } })
      const { status, output } = await here.run(vitest)
      expect(output).toMatch(/Tests +3 passed/)
      expect(output).toContain('valve: 50 % of flips seen, 75 % wanted; not seen: shut: illegal, shut: stuck')
      expect(output).toContain('valve: 75 % of steps seen, 75.1 % wanted; not seen: shut > turn: failed')
      expect(output).not.toContain('of guards seen')
      expect(status).toBe(1)
    })

    it('write journals into snapshots that hold in the next run', async () => {
      configure({})
      here.write(
        'journal.fixture.ts',
        `import { createGate } from 'phasegate'
         import { expect, it } from 'vitest'
         import { valve } from './valve.ts'
         it('is written down', async () => {
           const cold = createGate(valve, { deps: { isCalm: true, hasTag: true } }).subject('cold')
           await cold.flip('shut')
           const records = []
           for await (const record of cold.history()) records.push(record)
           expect({ records }).toMatchSnapshot()
         })`,
      )
      const first = await here.run(vitest, 'journal', '--update')
      expect(first.output).toContain('1 written')
      const snapshot = readFileSync(join(here.folder, '__snapshots__/journal.fixture.ts.snap'), 'utf8')
      expect(snapshot).toContain('"records": [\n    1 +0s    flip-1 requested shut: open → shut, by owner-1, epoch-1\n')
      const second = await here.run(vitest, 'journal')
      for (const left of ['journal.fixture.ts', '__snapshots__']) rmSync(join(here.folder, left), { recursive: true })
      expect(second.output).toContain('1 passed')
      expect(second.status).toBe(0)
    })
  })
})

// Here the version makes no difference.
describe('the tests of a project', () => {
  it('fail when a chart that was named was never seen', async () => {
    configure({ thresholds: { phases: 1 }, charts: ['valve', 'lamp'] })
    const { status, output } = await here.run('vitest 4')
    expect(output).toContain('lamp was never seen')
    expect(status).toBe(1)
  })

  it('count less when fewer of them run', async () => {
    configure({})
    const { output } = await here.run('vitest 4', 'goes')
    expect(output).toContain('valve: 46.1 % (phases 2/2, flips 1/4, guards 1/2, steps 2/4, undos 0/1)')
  })

  it('do not begin with an option of the reporter that there is not', async () => {
    configure({ threshold: { flips: 100 } } as object)
    const { status, output } = await here.run('vitest 4')
    expect(output).toContain('coverage reporter options.threshold')
    expect(status).toBe(1)
  })
})
