import { describe, expect, it } from 'vitest'
import { count, type Results, sum } from '../../scripts/ci/count.ts'

function results(...statuses: string[]): Results {
  const assertionResults = statuses.map((status) => ({ fullName: `a test that ${status}`, status }))
  return {
    testResults: [{ name: 'one.test.ts', status: statuses.includes('failed') ? 'failed' : 'passed', assertionResults }],
  }
}

const CI = { allMustRun: true, exitedWell: true }

describe('the count of tests', () => {
  it('counts what passed and what failed', () => {
    expect(count(results('passed', 'passed', 'failed'), { ...CI, exitedWell: false })).toMatchObject({
      passed: 2,
      failed: 1,
    })
  })

  it('takes a skipped test for a failure where all must run, and only there', () => {
    expect(count(results('passed', 'skipped', 'todo'), CI)).toMatchObject({ passed: 1, failed: 2 })
    expect(count(results('passed', 'skipped'), { ...CI, allMustRun: false })).toMatchObject({
      failed: 0,
      skipped: ['a test that skipped'],
    })
  })

  it('takes a file that could not be run for a failure', () => {
    const broken = { name: 'two.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }
    const { failed, problems } = count(
      { testResults: [...results('passed').testResults, broken] },
      { ...CI, exitedWell: false },
    )
    expect(failed).toBe(1)
    expect(problems).toEqual(['could not run: two.test.ts no such module'])
  })

  it('takes a bad exit that no test explains, and an empty run, for a failure', () => {
    expect(count(results('passed'), { ...CI, exitedWell: false })).toMatchObject({ passed: 1, failed: 1 })
    expect(count({ testResults: [] }, CI)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('adds up what several runs have left', () => {
    const [good, bad] = [count(results('passed', 'passed'), CI), count(results('passed', 'failed'), CI)]
    expect(sum([good, bad])).toEqual({ passed: 3, failed: 1, skipped: [], problems: ['failed: a test that failed'] })
  })
})
