// verdict.ts <file> <exit status> …: reads what vitest's json reporter, or a program that writes as it does, has left,
// and how it ended; as many as there are. Its last line is the count of all tests, alone.
import { existsSync, readFileSync } from 'node:fs'
import { type Count, count, NONE, type Results, sum } from './count.ts'

const allMustRun = process.env.CI === 'true'

function countOf(file: string, status: string): Count {
  if (!existsSync(file)) return { ...NONE, failed: 1, problems: [`no results were left in ${file}`] }
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  return count(results, { allMustRun, exitedWell: status === '0' })
}

const given = process.argv.slice(2)
const files = given.filter((_, index) => index % 2 === 0)
const counts = files.map((file, index) => countOf(file, given[2 * index + 1] ?? '0'))
const { passed, failed, skipped, problems } = sum(counts.length === 0 ? [countOf('', '0')] : counts)
for (const problem of problems) console.log(problem)
if (skipped.length > 0 && !allMustRun) console.log(`${skipped.length} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
