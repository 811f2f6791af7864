import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { importsOf, packagesOf, reachOf, shown } from './modules.ts'

/** What package.json says, as far as these checks ask. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A subpath that is code: `.`, `./file`, … */
export interface Door {
  readonly subpath: string
  readonly code: string
  readonly types: string
}

export interface Ceilings {
  /** Bytes of code that come with the front door, before compression. */
  readonly front: number
  /** Bytes of code of the whole package, before compression. */
  readonly all: number
}

export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
}

export function doorsOf(manifest: Manifest): Door[] {
  return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [{ subpath, code: target.default, types: target.types }],
  )
}

function filesOf(root: string, extension: RegExp): string[] {
  return readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => extension.test(file))
    .map((file) => join(root, 'dist', file))
}

export function missingDoors(root: string, manifest: Manifest): string[] {
  return doorsOf(manifest)
    .flatMap(({ code, types }) => [code, types])
    .filter((file) => !existsSync(join(root, file)))
    .map((file) => `${file} is exported but was not built`)
}

/** dist imports exactly what is declared: whatever is not declared, tsup has bundled or a user will not have. */
export function undeclaredImports(root: string, manifest: Manifest): string[] {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const used = new Set<string>()
  const problems: string[] = []
  for (const file of filesOf(root, /\.(js|d\.ts)$/)) {
    const { fixed, lazy } = importsOf(file)
    for (const specifier of [...fixed, ...lazy]) {
      if (isBuiltin(specifier) && !specifier.startsWith('node:')) {
        problems.push(`${shown(root, file)} imports "${specifier}" without node:`)
      }
    }
    for (const name of packagesOf([...fixed, ...lazy])) {
      used.add(name)
      if (!declared.includes(name)) problems.push(`${shown(root, file)} imports "${name}", which is not declared`)
    }
  }
  const unused = declared
    .filter((name) => !used.has(name))
    .map((name) => `"${name}" is declared, but dist never imports it`)
  return [...problems, ...unused]
}

/** Code that stays out of a door: each package is named with the doors that may load it as they are imported. */
export function heavyDoors(
  root: string,
  manifest: Manifest,
  allowed: Readonly<Record<string, readonly string[]>>,
): string[] {
  return doorsOf(manifest).flatMap(({ subpath, code }) =>
    reachOf(join(root, code))
      .packages.filter((name) => allowed[name] !== undefined && !allowed[name].includes(subpath))
      .map((name) => `importing "${subpath}" loads ${name}`),
  )
}

/** Types of packages in the declarations of a door, where a user would have to have them and their flaws. */
export function foreignTypes(
  root: string,
  manifest: Manifest,
  allowed: Readonly<Record<string, readonly string[]>>,
): string[] {
  return doorsOf(manifest).flatMap(({ subpath, types }) =>
    reachOf(join(root, types))
      .packages.filter((name) => !(allowed[subpath] ?? []).includes(name))
      .map((name) => `the types of "${subpath}" mention ${name}`),
  )
}

/** The brand of the one error class stands in exactly one file, so there is one class. */
export function errorClasses(root: string, brand: string): string[] {
  const holders = filesOf(root, /\.js$/).filter((file) => readFileSync(file, 'utf8').includes(`Symbol.for("${brand}")`))
  return holders.length === 1
    ? []
    : [
        `the brand "${brand}" stands in ${holders.length} files: ${holders.map((file) => shown(root, file)).join(', ') || 'none'}`,
      ]
}

export interface Sizes {
  readonly front: number
  readonly frontZipped: number
  readonly all: number
}

export function sizesOf(root: string, manifest: Manifest): Sizes {
  const front = doorsOf(manifest).find(({ subpath }) => subpath === '.')
  const reached = front === undefined ? [] : reachOf(join(root, front.code)).files
  const bytes = (files: readonly string[]): number => files.reduce((sum, file) => sum + statSync(file).size, 0)
  return {
    front: bytes(reached),
    frontZipped: gzipSync(Buffer.concat(reached.map((file) => readFileSync(file)))).length,
    all: bytes(filesOf(root, /\.js$/)),
  }
}

export function tooLarge(sizes: Sizes, ceilings: Ceilings): string[] {
  return (['front', 'all'] as const)
    .filter((part) => sizes[part] > ceilings[part])
    .map(
      (part) =>
        `${part === 'all' ? 'the package' : 'the front door'} is ${sizes[part]} bytes of code; the ceiling is ${ceilings[part]}`,
    )
}
