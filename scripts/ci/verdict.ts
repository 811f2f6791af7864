// verdict.ts <file> <exit status>: reads what vitest's json reporter wrote, and how vitest ended; its last line is the
// count of tests, alone.
import { existsSync, readFileSync } from 'node:fs'
import { count, type Results } from './count.ts'

const [, , file = '', status = '0'] = process.argv
if (!existsSync(file)) {
  console.log(`the tests left no results\n0 passed, 1 failed`)
  process.exitCode = 1
} else {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  const { passed, failed, skipped, problems } = count(results, {
    allMustRun: process.env.CI === 'true',
    exitedWell: status === '0',
  })
  for (const problem of problems) console.log(problem)
  if (skipped.length > 0 && process.env.CI !== 'true') console.log(`${skipped.length} skipped`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
