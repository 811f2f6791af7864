import type { Coverage } from 'phasegate/testing'
import CoverageReporter, { type CoverageReporterOptions } from 'phasegate/testing/reporter'
import { describe, expect, it } from 'vitest'

const NONE = { phases: [], flips: [], guards: [], confirms: [], steps: [], undos: [] }
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${String(index).padStart(3, '0')}`)

/** A chart of which so many phases of so many were seen. */
function seen(chart: string, count: number, of: number, identity: object = {}): Coverage {
  const known = { chart, version: 1, fingerprint: 'f'.repeat(64), ...identity }
  return [{ ...known, outline: { ...NONE, phases: names(of) }, seen: { ...NONE, phases: names(count) } }]
}

/** A test file as vitest tells of it: what each of its tests has handed on. */
const file = (id: string, ...tests: readonly Coverage[]) => ({
  id,
  children: { allTests: () => tests.map((coverage) => ({ meta: () => ({ phasegateCoverage: coverage }) })) },
})

/** A reporter, and what it prints in a run; the exit code stays as it was. */
function reporter(options?: CoverageReporterOptions) {
  const printed: string[] = []
  const made = new CoverageReporter(options)
  const print = (text: string): unknown => printed.push(...text.split('\n').filter((line) => line.startsWith('  ')))
  made.onInit({ logger: { log: print, error: print } })
  return {
    end(...files: readonly ReturnType<typeof file>[]) {
      const before = process.exitCode
      process.exitCode = undefined
      printed.length = 0
      made.onTestRunEnd(files)
      const failed = process.exitCode === 1
      process.exitCode = before
      return { failed, lines: printed.map((line) => line.trim()) }
    },
  }
}

describe('the reporter', () => {
  it('says nothing where nothing was seen', () => {
    expect(reporter({ thresholds: { all: 100 } }).end(file('a'))).toEqual({ failed: false, lines: [] })
  })

  it('merges tests and files, and what was seen of a file is what its last run has seen', () => {
    const { end } = reporter()
    expect(end(file('a', seen('valve', 1, 4), seen('valve', 2, 4)), file('b', seen('valve', 3, 4))).lines).toEqual([
      'valve: 75 % (phases 3/4); not seen: p003',
    ])
    expect(end(file('b', seen('valve', 4, 4))).lines).toEqual(['valve: 100 % (phases 4/4)'])
    expect(end(file('b')).lines).toEqual(['valve: 50 % (phases 2/4); not seen: p002, p003'])
  })

  it('names five of what was missed, and counts the rest', () => {
    expect(reporter().end(file('a', seen('valve', 1, 8))).lines).toEqual([
      'valve: 12.5 % (phases 1/8); not seen: p001, p002, p003, p004, p005, and 2 more',
    ])
  })

  it('does not say 100 % where anything was missed, nor find too little where it is enough', () => {
    const { end } = reporter({ thresholds: { phases: 57 } })
    expect(end(file('a', seen('valve', 999, 1_000)))).toEqual({
      failed: false,
      lines: [expect.stringMatching(/^valve: 99.9 %/)],
    })
    expect(end(file('a', seen('valve', 57, 100))).failed).toBe(false)
    expect(end(file('a', seen('valve', 56, 100))).failed).toBe(true)
  })

  it('judges the newest version of a chart, each content of it, and tells them apart', () => {
    const { end } = reporter({ thresholds: { phases: 50 } })
    const old = seen('valve', 1, 4, { version: 1 })
    const fresh = seen('valve', 4, 4, { version: 2 })
    expect(end(file('a', old, fresh))).toEqual({
      failed: false,
      lines: ['valve v1: 25 % (phases 1/4); not seen: p001, p002, p003', 'valve v2: 100 % (phases 4/4)'],
    })
    const other = seen('valve', 1, 4, { version: 2, fingerprint: 'e'.repeat(64) })
    const twice = end(file('a', fresh, other))
    expect(twice.failed).toBe(true)
    expect(twice.lines).toContain('valve v2 eeeeeeee: 25 % of phases seen, 50 % wanted; not seen: p001, p002, p003')
  })

  it('leaves out charts that were not named, and misses those that were', () => {
    const { end } = reporter({ thresholds: { all: 50 }, charts: ['valve'] })
    expect(end(file('a', seen('lamp', 0, 4)))).toEqual({
      failed: true,
      lines: ['valve: never seen', 'valve was never seen'],
    })
    expect(end(file('a', seen('valve', 4, 4))).failed).toBe(false)
    expect(reporter({ charts: ['valve'] }).end(file('a')).failed).toBe(false)
  })

  it.each([
    [{ thresholds: { flips: 101 } }, 'thresholds.flips is 101; it must be a number from 0 to 100'],
    [{ thresholds: { flip: 100 } }, 'thresholds.flip'],
    [{ charts: [] }, 'charts'],
    [{ json: 1 }, 'json is 1; it must be a path'],
  ])('refuses %j', (options, message) => {
    expect(() => new CoverageReporter(options as CoverageReporterOptions)).toThrow(message)
  })

  it('refuses what was handed on by something else', () => {
    const strange = { id: 'a', children: { allTests: () => [{ meta: () => ({ phasegateCoverage: [{ chart: 1 }] }) }] } }
    expect(() => reporter().end(strange as never)).toThrow('phasegateCoverage[0].chart is 1')
  })
})
