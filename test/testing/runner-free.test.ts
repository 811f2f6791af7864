import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readManifest } from '../../scripts/package/dist.ts'
import { reachOf } from '../../scripts/package/modules.ts'
import { pack } from '../processes/pack.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const manifest = readManifest(ROOT)
const DECLARED = Object.keys(manifest.dependencies ?? {})

/** Doors for tests that no test runner needs to be there for, by their source. */
const DOORS = { testing: 'src/testing/index.ts', 'testing/reporter': 'src/testing/reporter/index.ts' } as const

describe.each(Object.entries(DOORS))('phasegate/%s', (name, source) => {
  let folder: string
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'phasegate-runner-free-')))
    const modules = join(folder, 'node_modules')
    mkdirSync(join(modules, 'phasegate'), { recursive: true })
    for (const declared of DECLARED) symlinkSync(join(ROOT, 'node_modules', declared), join(modules, declared))
    mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true })
    const built = mkdtempSync(join(ROOT, 'node_modules/.cache/runner-free-'))
    await pack({ [name]: source }, built)
    cpSync(built, join(modules, 'phasegate/dist'), { recursive: true })
    rmSync(built, { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(modules, 'phasegate/package.json'))
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('names no package in its sources that is not a dependency, types included', () => {
    const { packages, files } = reachOf(join(ROOT, source))
    expect(files.length).toBeGreaterThan(5)
    expect(packages.filter((found) => !DECLARED.includes(found))).toEqual([])
  })

  it('opens, as built, where the dependencies are installed and nothing else', () => {
    const { packages } = reachOf(join(folder, 'node_modules/phasegate/dist', `${name}.js`))
    expect(packages.filter((found) => !DECLARED.includes(found))).toEqual([])
    const code = `console.log(Object.keys(await import('phasegate/${name}')).length > 0)`
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(printed).toBe('true\n')
  })
})
