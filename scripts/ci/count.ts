/** What vitest's json reporter writes, as far as it is read here. */
export interface Results {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

export interface Count {
  readonly passed: number
  readonly failed: number
  /** Tests that did not run although nobody chose to leave them out. */
  readonly skipped: readonly string[]
  readonly problems: readonly string[]
}

export const NONE: Count = { passed: 0, failed: 0, skipped: [], problems: [] }

export function sum(counts: readonly Count[]): Count {
  return counts.reduce(
    (all, one) => ({
      passed: all.passed + one.passed,
      failed: all.failed + one.failed,
      skipped: [...all.skipped, ...one.skipped],
      problems: [...all.problems, ...one.problems],
    }),
    NONE,
  )
}

/**
 * Counts tests. A file that could not be run is one failure; so is a skipped test where all must run, and an exit that
 * no test explains (vitest's own file says nothing of unhandled errors).
 */
export function count(
  results: Results,
  options: { readonly allMustRun: boolean; readonly exitedWell: boolean },
): Count {
  const tests = results.testResults.flatMap((file) => file.assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => `failed: ${fullName}`)
  const skipped = tests
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
  const broken = results.testResults
    .filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
    .map((file) => `could not run: ${file.name} ${file.message ?? ''}`.trim())
  const left = options.allMustRun ? skipped.map((name) => `skipped: ${name}`) : []
  const known = [...failed, ...broken, ...left]
  const unseen = options.exitedWell || known.length > 0 ? [] : ['it failed outside any test']
  const empty = tests.length === 0 ? ['there are no tests'] : []
  const problems = [...known, ...unseen, ...empty]
  return { passed, failed: problems.length, skipped, problems }
}
