import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Coverage, handedOn, merge, report } from '../coverage/index.ts'
import { judge } from './judge.ts'
import { type CoverageReporterOptions, parseReporterOptions, type ReporterSettings } from './options.ts'

export type { CoverageReporterOptions, Thresholds } from './options.ts'

/** What is used of vitest, described and not imported: its own reporter API, as of version 4. */
interface VitestLike {
  readonly logger: { log(...words: string[]): void; error(...words: string[]): void }
}

interface TestModuleLike {
  readonly id: string
  readonly children: { allTests(): Iterable<{ meta(): object }> }
}

/**
 * A vitest reporter of what the tests have seen of each chart: a line a chart, a JSON file, and a run that fails when a
 * threshold is not met. `phasegate/testing/vitest` has to be in `setupFiles`.
 *
 * @throws OPTION_INVALID naming the option
 * @example reporters: ['default', ['phasegate/testing/reporter', { thresholds: { flips: 100, guards: 80 } }]]
 */
// biome-ignore lint/style/noDefaultExport: vitest takes the default export of a module that is named as a reporter
export default class CoverageReporter {
  readonly #settings: ReporterSettings
  /** By test file, as it was run last: when one is run again, the others still count. */
  readonly #files = new Map<string, Coverage>()
  #logger: VitestLike['logger'] = console

  constructor(options?: CoverageReporterOptions) {
    this.#settings = parseReporterOptions(options)
  }

  onInit(vitest: VitestLike): void {
    this.#logger = vitest.logger
  }

  onTestRunEnd(files: readonly TestModuleLike[]): void {
    for (const file of files) this.#files.set(file.id, coverageOf(file))
    const seen = [...this.#files.values()].reduce(merge, [])
    this.#write(seen)
    const { lines, failures } = judge(report(seen), this.#settings)
    if (lines.length > 0) this.#logger.log(['', 'Seen of the charts', ...lines.map((line) => `  ${line}`)].join('\n'))
    if (failures.length === 0) return
    this.#logger.error(['', 'Not enough was seen of the charts', ...failures.map((line) => `  ${line}`)].join('\n'))
    // What vitest does itself, where its own coverage is not met.
    process.exitCode = 1
  }

  #write(seen: Coverage): void {
    const { json } = this.#settings
    if (json === undefined) return
    const file = resolve(json)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify({ coverage: seen, report: report(seen) }, undefined, 2)}\n`)
  }
}

function coverageOf({ children }: TestModuleLike): Coverage {
  return [...children.allTests()].map((test) => handedOn(test.meta())).reduce(merge, [])
}
