import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The versions that are compared with, exactly. */
export const VERSIONS: Readonly<Record<string, string>> = manifest(`${FOLDER}package.json`).dependencies ?? {}

/** Installs what is compared with, beside the library and not into it, unless it is there. */
export function installPeers(): void {
  if (Object.entries(VERSIONS).every(([name, version]) => isInstalled(name, version))) return
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name} ${version}`)
  console.log(`\nInstalling what is compared with: npm ci --prefix bench/peers (${packages.join(', ')})`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  execFileSync(npm, ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** A package of this folder. The library's own types know nothing of it: say what is used of it. */
export async function peer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module
}

function isInstalled(name: string, version: string): boolean {
  const file = `${FOLDER}node_modules/${name}/package.json`
  // redlock calls itself "v5.0.0-beta.2".
  return existsSync(file) && manifest(file).version?.replace(/^v/, '') === version
}

function manifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
