import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The versions that are compared with, exactly. */
const VERSIONS: Readonly<Record<string, string>> = manifest(`${FOLDER}package.json`).dependencies ?? {}

/** Installs what is compared with, beside the library and not into it, unless it is there. */
export function installPeers(): void {
  if (Object.entries(VERSIONS).every(([name, version]) => isInstalled(name, version))) return
  console.log(`Installing what is compared with: npm ci --prefix test/load/peers (${peersText()})`)
  execFileSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** `lightship 7.2.0, stoppable 1.1.0` */
export function peersText(): string {
  return Object.entries(VERSIONS)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

function isInstalled(name: string, version: string): boolean {
  const file = `${FOLDER}node_modules/${name}/package.json`
  return existsSync(file) && manifest(file).version === version
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
