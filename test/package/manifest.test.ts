import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { doorsOf, type Manifest } from '../../scripts/package/dist.ts'
import tsup from '../../tsup.config.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
const manifest = read('package.json') as Manifest & { readonly devDependencies: Readonly<Record<string, string>> }
const { compilerOptions } = read('tsconfig.json') as {
  compilerOptions: { paths: Readonly<Record<string, readonly string[]>> }
}

it('every subpath is built from the source that tests and examples see under its name', () => {
  const built = (tsup as { entry: Readonly<Record<string, string>> }).entry
  const sources = doorsOf(manifest).map(({ subpath, code }) => {
    const name = code.replace(/^\.\/dist\/(.+)\.js$/, '$1')
    return [subpath.replace('.', manifest.name), [`./${built[name]}`]]
  })
  expect(Object.fromEntries(sources)).toEqual(compilerOptions.paths)
  const commands = Object.values(manifest.bin ?? {})
  expect(commands.filter((file) => built[file.replace(/^\.\/dist\/(.+)\.js$/, '$1')] === undefined)).toEqual([])
  expect(Object.keys(built)).toHaveLength(sources.length + commands.length)
})

it('tools are of one exact version, so that what passes today passes tomorrow', () => {
  expect(
    Object.values(manifest.devDependencies).filter((version) => !/^(?:npm:vitest@)?\d+\.\d+\.\d+$/.test(version)),
  ).toEqual([])
})

it('the lock file holds no addresses', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"|https?:\/\/registry/)
})
