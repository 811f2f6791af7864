import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  doorsOf,
  errorClasses,
  foreignTypes,
  heavyDoors,
  type Manifest,
  missingDoors,
  readManifest,
  sizesOf,
  tooLarge,
  undeclaredImports,
} from '../../scripts/package/dist.ts'
import { compile, invite, openDoors, runCommands, sameErrors, strays } from '../../scripts/package/guest.ts'
import { run } from '../../scripts/package/run.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const ERROR_CLASS = `
export class PhasegateError extends Error {
  constructor(code, message, facts) { super(message); this.code = code; this[Symbol.for("phasegate.error")] = true }
}
export const isPhasegateError = (error) => error[Symbol.for("phasegate.error")] === true
`
const ERROR_TYPES = `
export type ErrorCode = 'FLIP_BUSY' | 'GATE_CLOSED'
export declare class PhasegateError<Code extends ErrorCode = ErrorCode> extends Error {
  constructor(code: Code, message: string, facts: { chart: string })
  readonly code: Code
}
`

/** A package as it should be built. */
const SOUND: Record<string, string> = {
  'package.json': JSON.stringify({
    name: 'phasegate',
    version: '0.0.1',
    type: 'module',
    bin: { phasegate: './dist/cli.js' },
    files: ['dist'],
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './file': { types: './dist/file.d.ts', default: './dist/file.js' },
      './package.json': './package.json',
    },
    dependencies: { xstate: '*', zod: '*' },
  } satisfies Manifest & Record<string, unknown>),
  'dist/chunk-1.js': ERROR_CLASS,
  'dist/chunk-1.d.ts': ERROR_TYPES,
  'dist/index.js': `import 'xstate'
export { isPhasegateError, PhasegateError } from './chunk-1.js'
import { PhasegateError } from './chunk-1.js'
export const chart = () => { throw new PhasegateError('OPTION_INVALID', 'no name', {}) }
export const later = () => import('zod')`,
  'dist/index.d.ts': `export { type ErrorCode, PhasegateError } from './chunk-1.js'`,
  'dist/file.js': `import { PhasegateError } from './chunk-1.js'
export const fileJournal = () => { throw new PhasegateError('OPTION_INVALID', 'no folder', {}) }`,
  'dist/cli.js': `#!/usr/bin/env node
console.log('Usage')`,
  'dist/file.d.ts': `export declare const fileJournal: () => never`,
}

// They pack, install and compile: a busy machine may take its time.
describe('the checks of the package', { timeout: 120_000 }, () => {
  let folder: string
  let manifest: Manifest

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phasegate-package-'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    build({})
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function build(flaw: Record<string, string>): void {
    for (const [path, text] of Object.entries({ ...SOUND, ...flaw })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    manifest = readManifest(folder)
  }

  function asGuest<Result>(look: (guest: ReturnType<typeof invite>) => Result): Result {
    const pack = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], folder)
    expect(pack.problems).toEqual([])
    const guest = invite(folder, manifest, join(folder, 'phasegate-0.0.1.tgz'))
    try {
      return look(guest)
    } finally {
      guest.leave()
    }
  }

  it('let a sound package pass', () => {
    expect(missingDoors(folder, manifest)).toEqual([])
    expect(undeclaredImports(folder, manifest)).toEqual([])
    expect(heavyDoors(folder, manifest, { zod: ['./file'] })).toEqual([])
    expect(foreignTypes(folder, manifest, {})).toEqual([])
    expect(errorClasses(folder, 'phasegate.error')).toEqual([])
    const problems = asGuest((guest) => [
      ...strays(guest, manifest),
      ...openDoors(guest, manifest),
      ...sameErrors(guest, manifest),
      ...runCommands(guest, manifest),
      ...compile(guest, ROOT, manifest),
    ])
    expect(problems).toEqual([])
  })

  it('find a door that was not built', () => {
    rmSync(join(folder, 'dist/file.d.ts'))
    expect(missingDoors(folder, manifest)).toEqual(['./dist/file.d.ts is exported but was not built'])
  })

  it('find an import that is not declared, a built-in without node:, and a declaration nobody needs', () => {
    build({ 'dist/file.js': `import 'fs'; import 'pg/lib/client.js'`, 'dist/index.js': `import 'xstate'` })
    expect(undeclaredImports(folder, manifest)).toEqual([
      'dist/file.js imports "fs" without node:',
      'dist/file.js imports "pg", which is not declared',
      '"zod" is declared, but dist never imports it',
    ])
  })

  it('find a package that a door loads through a chunk', () => {
    build({ 'dist/chunk-1.js': `import 'zod';${ERROR_CLASS}` })
    expect(heavyDoors(folder, manifest, { zod: ['./file'] })).toEqual(['importing "." loads zod'])
  })

  it('find types of another package in the declarations', () => {
    build({ 'dist/chunk-1.d.ts': `${ERROR_TYPES}export type M = import('xstate').AnyStateMachine` })
    expect(foreignTypes(folder, manifest, { './file': ['xstate'] })).toEqual(['the types of "." mention xstate'])
  })

  it('find a second error class, by its text and by what a door throws', () => {
    build({
      'dist/file.js': `${ERROR_CLASS}export const fileJournal = () => { throw new PhasegateError('X', 'x', {}) }`,
    })
    expect(errorClasses(folder, 'phasegate.error')).toEqual([
      expect.stringContaining('stands in 2 files: dist/chunk-1.js, dist/file.js'),
    ])
    const problems = asGuest((guest) => sameErrors(guest, manifest))
    expect(problems).toEqual([expect.stringContaining('no PhasegateError of the front door')])
  })

  it('find a door that cannot be required, and one that imports what the package does not declare', () => {
    build({
      'dist/index.js': `await 1;${SOUND['dist/index.js']}`,
      'dist/file.js': `import 'vitest';${SOUND['dist/file.js']}`,
    })
    expect(asGuest((guest) => openDoors(guest, manifest))).toEqual([
      expect.stringContaining('ERR_REQUIRE_ASYNC_MODULE'),
      expect.stringContaining("Cannot find package 'vitest'"),
      expect.stringContaining("Cannot find package 'vitest'"),
    ])
  })

  it.each([
    [`console.log('Usage')`, 'does not say what runs it'],
    ['#!/usr/bin/env node\n', '--help says nothing'],
    [`#!/usr/bin/env node\nthrow 'broken'`, 'broken'],
  ])('find a command that does not run: %j', (code, problem) => {
    build({ 'dist/cli.js': code })
    expect(asGuest((guest) => runCommands(guest, manifest))).toEqual([expect.stringContaining(problem)])
  })

  it('find a command that was not built', () => {
    rmSync(join(folder, 'dist/cli.js'))
    expect(asGuest((guest) => runCommands(guest, manifest))).toEqual(['phasegate was not built: ./dist/cli.js'])
  })

  it('find types that are not there', () => {
    build({ 'dist/chunk-1.d.ts': 'export type ErrorCode = any; export declare const PhasegateError: any' })
    const problems = asGuest((guest) => compile(guest, ROOT, manifest))
    expect(problems).toHaveLength(2)
    expect(problems[0]).toContain("Unused '@ts-expect-error'")
  })

  it('find what should not have been packed', () => {
    build({ 'dist/index.test.ts': '', 'dist/secrets.env': '' })
    expect(asGuest((guest) => strays(guest, manifest)).sort()).toEqual([
      'dist/index.test.ts is in the package',
      'dist/secrets.env is in the package',
    ])
  })

  it('find a package that has grown too large', () => {
    const sizes = sizesOf(folder, manifest)
    expect(sizes.front).toBeGreaterThan(100)
    expect(sizes.all).toBeGreaterThan(sizes.front)
    expect(tooLarge(sizes, { front: sizes.front, all: sizes.all })).toEqual([])
    expect(tooLarge(sizes, { front: sizes.front - 1, all: sizes.all - 1 })).toHaveLength(2)
  })

  it('know the doors that package.json of this repository declares', () => {
    expect(doorsOf(readManifest(ROOT)).map(({ subpath }) => subpath)).toEqual([
      '.',
      './file',
      './postgres',
      './redis',
      './node',
      './otel',
      './logs',
      './audit',
      './policies',
      './xstate',
      './testing',
      './testing/fast-check',
      './testing/vitest',
      './testing/reporter',
    ])
  })
})
