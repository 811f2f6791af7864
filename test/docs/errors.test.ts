import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { errorsDoc } from '../../scripts/errors/doc.ts'
import { ERRORS } from '../../src/base/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')

it('docs/errors.md is what `npm run docs:errors` makes of the table', () => {
  expect(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorsDoc(join(ROOT, 'src/base/error-table.ts')))
})

it('docs/errors.md has a section with facts for every code', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  for (const code of Object.keys(ERRORS))
    expect(page).toMatch(new RegExp(`^## ${code}\n[^#]+\\| Fact \\| Type \\|`, 'm'))
})
