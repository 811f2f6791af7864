import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { pack } from '../../processes/pack.ts'
import { withoutVitest } from '../../processes/without-vitest.ts'

const ROOT = join(import.meta.dirname, '../../..')
const MODULES = join(ROOT, 'node_modules')

/** The versions of vitest that the package is for, by where they are installed. */
export const VITESTS = { 'vitest 4': 'vitest', 'vitest 5': 'vitest-5' } as const

export type Vitest = keyof typeof VITESTS

/** Where a vitest is not installed its tests are skipped, and say what installs it. */
export function describeWithVitest(vitest: Vitest, name: string, tests: () => void): void {
  if (existsSync(join(MODULES, VITESTS[vitest]))) describe(name, tests)
  else describe.skip(`${name} (skipped: ${vitest} is not installed; npm ci)`, tests)
}

/** How a run of the tests of a project ended. */
export interface Ran {
  readonly status: number | null
  /** What was printed, without colours. */
  readonly output: string
}

/** A project of somebody who has installed the package and a vitest, and nothing else of this repository. */
export interface Project {
  readonly folder: string
  write(file: string, text: string): void
  run(vitest: Vitest, ...args: readonly string[]): Promise<Ran>
  leave(): void
}

/** Doors that a project with tests opens, as the package is built. */
const DOORS = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  'testing/vitest': 'src/testing/vitest/index.ts',
  'testing/reporter': 'src/testing/reporter/index.ts',
}

export async function project(): Promise<Project> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'phasegate-project-')))
  await install(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  cpSync(join(import.meta.dirname, 'fixtures'), folder, { recursive: true })
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    run: (vitest, ...args) => run(folder, vitest, args),
    leave: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The package as it would be packed, beside all that is installed here. */
async function install(modules: string): Promise<void> {
  mkdirSync(join(modules, 'phasegate'), { recursive: true })
  for (const name of readdirSync(MODULES)) {
    if (!name.startsWith('.') && !Object.values<string>(VITESTS).includes(name))
      symlinkSync(join(MODULES, name), join(modules, name))
  }
  mkdirSync(join(MODULES, '.cache'), { recursive: true })
  const built = mkdtempSync(join(MODULES, '.cache/package-'))
  try {
    await pack(DOORS, built)
    cpSync(built, join(modules, 'phasegate/dist'), { recursive: true })
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
  cpSync(join(ROOT, 'package.json'), join(modules, 'phasegate/package.json'))
}

async function run(folder: string, vitest: Vitest, args: readonly string[]): Promise<Ran> {
  const link = join(folder, 'node_modules/vitest')
  rmSync(link, { force: true })
  symlinkSync(join(MODULES, VITESTS[vitest]), link)
  const child = spawn(process.execPath, [join(link, 'vitest.mjs'), 'run', ...args], {
    cwd: folder,
    env: { ...withoutVitest(), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const deadline = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const status = await new Promise<number | null>((done) => child.on('close', done))
  clearTimeout(deadline)
  return { status, output }
}
