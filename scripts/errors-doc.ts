// Writes docs/errors.md from the table in src/base/error-table.ts; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorsDoc } from './errors/doc.ts'

const root = resolve(import.meta.dirname, '..')
const file = join(root, 'docs/errors.md')
const wanted = errorsDoc(join(root, 'src/base/error-table.ts'))

if (!process.argv.includes('--check')) writeFileSync(file, wanted)
else if (readFileSync(file, 'utf8') !== wanted) {
  console.error('docs/errors.md is stale: npm run docs:errors')
  process.exitCode = 1
}
