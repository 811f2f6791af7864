import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

/** A small house that keeps every rule. */
const SOUND: Record<string, string> = {
  'src/base/index.ts': `export { one } from './one.ts'`,
  'src/base/one.ts': `export const one = 1`,
  'src/adapters/memory/index.ts': `export { one as memory } from '../../base/index.ts'`,
  'src/adapters/stored/index.ts': `import { z } from 'zod'\nexport const stored = z.string()`,
  'src/adapters/file/index.ts': `export { stored as file } from '../stored/index.ts'`,
  'src/chart/index.ts': `export { machine } from './compile.ts'`,
  'src/chart/compile.ts': `export { createMachine as machine } from 'xstate'`,
  'src/gate/index.ts': `export { memory as gate } from '../adapters/memory/index.ts'\nexport { machine } from '../chart/index.ts'`,
  'src/telemetry/otel/index.ts': `export { trace } from '@opentelemetry/api'`,
  'src/index.ts': `export { gate } from './gate/index.ts'`,
  'examples/one.ts': `import { gate } from 'phasegate'\nexport const example = gate`,
}

/** A file that breaks one rule each, and the rule that must say so. */
const BREACHES = [
  ['base-looks-down', 'src/base/up.ts', `export type { machine } from '../chart/index.ts'`],
  ['chart-looks-down', 'src/chart/up.ts', `import '../gate/index.ts'`],
  ['folders-are-entered-by-the-door', 'src/gate/window.ts', `export { one } from '../base/one.ts'`],
  ['folders-are-entered-by-the-door', 'src/adapters/file/window.ts', `export * from '../stored/cellar.ts'`],
  ['front-door-is-for-guests', 'src/gate/guest.ts', `export type { gate } from '../index.ts'`],
  ['no-circles', 'src/base/about.ts', `export type About = import('./round.ts').Round | 1`],
  [
    'only-some-import-xstate',
    'src/gate/machine.ts',
    `import type { AnyStateMachine } from 'xstate'\nexport type M = AnyStateMachine`,
  ],
  ['only-some-import-zod', 'src/chart/schema.ts', `export { z } from 'zod'`],
  ['only-some-import-eventemitter3', 'src/gate/events.ts', `export { EventEmitter } from 'eventemitter3'`],
  ['only-some-import-opentelemetry', 'src/gate/trace.ts', `export { trace } from '@opentelemetry/api'`],
  ['gate-knows-only-memory', 'src/gate/durable.ts', `export { file } from '../adapters/file/index.ts'`],
  ['adapters-are-strangers', 'src/adapters/file/friend.ts', `export { memory } from '../memory/index.ts'`],
  ['examples-are-guests', 'examples/burglar.ts', `export { one } from '../src/base/index.ts'`],
  ['only-some-import-vitest', 'src/testing/test.ts', `export { it } from 'vitest'`],
  ['only-declared-packages', 'src/base/dev.ts', `export { version } from 'typescript'`],
  ['nothing-missing', 'src/base/lost.ts', `export * from './nowhere.ts'`],
  ['src-stands-alone', 'src/base/out.ts', `export * from '../../test/fixture.ts'`],
  ['every-folder-is-in-the-house', 'src/base/shed.ts', `export * from '../shed/index.ts'`],
] as const

const SCENERY: Record<string, string> = {
  'src/adapters/stored/cellar.ts': `export const cellar = 1`,
  'src/base/round.ts': `export type Round = import('./about.ts').About`,
  'src/shed/index.ts': `export const shed = 1`,
  'test/fixture.ts': `export const fixture = 1`,
}

describe('the order of the house', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'phasegate-layers-'))
    for (const file of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) {
      cpSync(join(ROOT, file), join(folder, file))
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    plant(SOUND)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function plant(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), `${text}\n`)
    }
  }

  it('lets a sound house pass', () => {
    expect(violations(folder)).toEqual([])
  })

  it('finds every planted breach, under the rule that forbids it', () => {
    plant(SCENERY)
    plant(Object.fromEntries(BREACHES.map(([, path, text]) => [path, text])))
    const found = violations(folder)
    expect(found).toEqual(expect.arrayContaining(BREACHES.map(([rule, path]) => `${rule}: ${path}`)))
  })
})

function violations(cwd: string): string[] {
  const run = spawnSync(process.execPath, [CRUISER, 'src', 'examples', '-T', 'json'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (!run.stdout.startsWith('{')) throw new Error(`dependency-cruiser did not run: ${run.stderr}`)
  const { summary } = JSON.parse(run.stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } }
  return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`)
}
