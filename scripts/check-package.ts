// Looks at the package as its users will get it. Run after `npm run build`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  doorsOf,
  errorClasses,
  foreignTypes,
  heavyDoors,
  missingDoors,
  readManifest,
  sizesOf,
  tooLarge,
  undeclaredImports,
} from './package/dist.ts'
import { compile, importMs, invite, openDoors, runCommands, sameErrors, strays } from './package/guest.ts'
import { run } from './package/run.ts'

const root = resolve(import.meta.dirname, '..')
const manifest = readManifest(root)
const CEILINGS = { front: 260_000, all: 900_000 }

/** Packages that cost a user something, and the doors that may load them. */
const LOADED_BY = {
  zod: ['./file', './postgres'],
  xstate: doorsOf(manifest).map(({ subpath }) => subpath),
  '@opentelemetry/api': ['./otel'],
  'fast-check': ['./testing/fast-check'],
  vitest: ['./testing/vitest'],
}

/** Doors whose declarations may mention other packages. */
const TYPES_FROM = {
  './testing': ['xstate'],
  './testing/fast-check': ['xstate', 'fast-check'],
  './testing/vitest': ['vitest'],
  './xstate': ['xstate'],
  './otel': ['@opentelemetry/api'],
}

const bin = (path: string): string => join(root, 'node_modules', path)
let failed = 0

function report(name: string, problems: readonly string[]): void {
  failed += problems.length === 0 ? 0 : 1
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  for (const problem of problems) console.log(`     ${problem.replaceAll('\n', '\n     ')}`)
}

function checkDist(): void {
  report('dist imports exactly what is declared', undeclaredImports(root, manifest))
  report('no door loads what it should not', heavyDoors(root, manifest, LOADED_BY))
  report('no types of other packages in the declarations', foreignTypes(root, manifest, TYPES_FROM))
  report('one error class', errorClasses(root, 'phasegate.error'))
  const sizes = sizesOf(root, manifest)
  report(
    `size: front door ${sizes.front} bytes (${sizes.frontZipped} zipped), all ${sizes.all}`,
    tooLarge(sizes, CEILINGS),
  )
}

function checkTarball(tarball: string): void {
  const publint = run(process.execPath, [bin('publint/src/cli.js'), 'run', tarball, '--strict'], root)
  report('publint --strict', publint.problems)
  const attw = [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color']
  report(
    'attw --profile esm-only',
    run(process.execPath, [bin('@arethetypeswrong/cli/dist/index.js'), ...attw], root).problems,
  )
  const guest = invite(root, manifest, tarball)
  try {
    report('nothing but dist and its papers is packed', strays(guest, manifest))
    report('every door opens by import and by require()', openDoors(guest, manifest))
    report('every door throws the one error class', sameErrors(guest, manifest))
    report('every command runs', runCommands(guest, manifest))
    report('a strict TypeScript project compiles against it', compile(guest, root, manifest))
    const [all, ...parts] = [manifest.name, ...Object.keys(manifest.dependencies ?? {})]
    console.log(`     import of ${all}: ${importMs(guest, all).toFixed(1)} ms`)
    for (const part of parts) console.log(`     import of ${part} alone: ${importMs(guest, part).toFixed(1)} ms`)
  } finally {
    guest.leave()
  }
}

const missing = missingDoors(root, manifest)
report('every door was built', missing)
if (missing.length === 0) {
  const packed = mkdtempSync(join(tmpdir(), 'phasegate-packed-'))
  try {
    checkDist()
    const pack = run('npm', ['pack', '--ignore-scripts', '--pack-destination', packed], root)
    report('npm pack', pack.problems)
    if (pack.problems.length === 0) checkTarball(join(packed, `${manifest.name}-${manifest.version}.tgz`))
  } finally {
    rmSync(packed, { recursive: true, force: true })
  }
}
if (failed > 0) {
  console.error(`${failed} package checks failed`)
  process.exitCode = 1
}
