import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Door, doorsOf, type Manifest } from './dist.ts'
import { run } from './run.ts'

/** A project that has installed the packed package, and nothing that the package does not declare. */
export interface Guest {
  readonly folder: string
  leave(): void
}

/** Unpacks `tarball` as npm would, with the declared dependencies linked from this checkout: no network. */
export function invite(root: string, manifest: Manifest, tarball: string): Guest {
  const folder = mkdtempSync(join(tmpdir(), 'phasegate-guest-'))
  const home = join(folder, 'node_modules', manifest.name)
  mkdirSync(home, { recursive: true })
  run('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'], folder)
  const links = [
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    '@types/node',
    'undici-types',
  ]
  for (const name of links) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    if (existsSync(join(root, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), link)
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "guest", "private": true, "type": "module" }\n')
  return { folder, leave: () => rmSync(folder, { recursive: true, force: true }) }
}

const STRAYS = /^(?:dist\/[\w./-]+\.(?:js|d\.ts)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/

/** What was packed and should not have been. */
export function strays(guest: Guest, manifest: Manifest): string[] {
  const home = join(guest.folder, 'node_modules', manifest.name)
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
    .filter((file) => !STRAYS.test(file))
    .map((file) => `${file} is in the package`)
}

/** Doors that tell the test runner that they are opened in: elsewhere there is none. */
const OF_A_RUNNER: readonly string[] = ['./testing/vitest']

/** Every door opens by `import` and by `require()`, to the same module, and gives something. */
export function openDoors(guest: Guest, manifest: Manifest): string[] {
  const doors = doorsOf(manifest).filter(({ subpath }) => !OF_A_RUNNER.includes(subpath))
  return doors.flatMap((door) => {
    const name = nameOf(manifest, door)
    const file = `open-${name.replaceAll('/', '-')}`
    writeFileSync(
      join(guest.folder, `${file}.mjs`),
      `import * as door from '${name}'\nif (Object.keys(door).length === 0) throw new Error('${name} exports nothing')\n`,
    )
    writeFileSync(
      join(guest.folder, `${file}.cjs`),
      `const required = require('${name}')
       import('${name}').then((imported) => {
         const names = Object.keys(imported).filter((name) => imported[name] !== required[name])
         if (names.length > 0) throw new Error('required and imported differ: ' + names)
       })\n`,
    )
    return ['mjs', 'cjs'].flatMap((ending) => run(process.execPath, [`${file}.${ending}`], guest.folder).problems)
  })
}

/** What each door throws when it is given nonsense: it must be the front door's error class. */
const NONSENSE: Readonly<Record<string, string>> = {
  '.': `door.chart('')`,
  './file': 'door.fileJournal(42)',
  './node': 'door.service({ server: 42 })',
  './audit': 'door.signer(42)',
}

export function sameErrors(guest: Guest, manifest: Manifest): string[] {
  return doorsOf(manifest).flatMap((door) => {
    const nonsense = NONSENSE[door.subpath]
    if (nonsense === undefined) return []
    const file = `error-${door.subpath.replaceAll(/\W/g, '')}.mjs`
    writeFileSync(
      join(guest.folder, file),
      `import { isPhasegateError, PhasegateError } from '${manifest.name}'
       import * as door from '${nameOf(manifest, door)}'
       const thrown = await (async () => ${nonsense})().then(() => 'nothing', (error) => error)
       if (!(thrown instanceof PhasegateError) || !isPhasegateError(thrown)) {
         console.error(${JSON.stringify(`${nonsense} threw`)}, thrown, 'which is no PhasegateError of the front door')
         process.exitCode = 1
       }\n`,
    )
    return run(process.execPath, [file], guest.folder).problems
  })
}

/** Every command starts as `npx` would start it, and says how it is used. */
export function runCommands(guest: Guest, manifest: Manifest): string[] {
  const home = join(guest.folder, 'node_modules', manifest.name)
  return Object.entries(manifest.bin ?? {}).flatMap(([name, file]) => {
    const path = join(home, file)
    if (!existsSync(path)) return [`${name} was not built: ${file}`]
    if (!readFileSync(path, 'utf8').startsWith('#!/usr/bin/env node\n')) return [`${file} does not say what runs it`]
    const help = run(process.execPath, [path, '--help'], guest.folder)
    return help.problems.length > 0 || help.output !== '' ? help.problems : [`${name} --help says nothing`]
  })
}

/** A strict TypeScript project compiles against every door, its libraries' declarations checked too. */
export function compile(guest: Guest, root: string, manifest: Manifest): string[] {
  const doors = doorsOf(manifest)
  const lines = doors.map((door, index) => `import * as door${index} from '${nameOf(manifest, door)}'`)
  writeFileSync(
    join(guest.folder, 'guest.ts'),
    `${lines.join('\n')}
import { type ErrorCode, PhasegateError } from '${manifest.name}'

export const doors = [${doors.map((_, index) => `door${index}`).join(', ')}]
export const code: ErrorCode = 'FLIP_BUSY'
// @ts-expect-error there is no such code: the types are really there
export const none: ErrorCode = 'NO_SUCH_CODE'
export const error: PhasegateError<'GATE_CLOSED'> = new PhasegateError('GATE_CLOSED', 'closed', { chart: 'one' })
`,
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return [
    ['--module', 'NodeNext'],
    ['--module', 'ESNext', '--moduleResolution', 'Bundler'],
  ].flatMap((resolution) => {
    const options = ['--noEmit', '--strict', '--target', 'ES2023', '--types', 'node', ...resolution]
    return run(process.execPath, [tsc, ...options, 'guest.ts'], guest.folder).problems
  })
}

/** Milliseconds that importing the front door takes, over starting Node alone: the median of some runs. */
export function importMs(guest: Guest, specifier: string): number {
  const script = `const begin = performance.now(); await import('${specifier}'); console.log(performance.now() - begin)`
  const runs = Array.from({ length: 9 }, () =>
    Number(run(process.execPath, ['--input-type=module', '-e', script], guest.folder).output),
  )
  return runs.sort((a, b) => a - b)[4] ?? Number.NaN
}

function nameOf(manifest: Manifest, door: Door): string {
  return manifest.name + door.subpath.slice(1)
}
