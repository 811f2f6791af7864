import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'tsup'

type FrontDoor = typeof import('phasegate')
type FileDoor = typeof import('phasegate/file')
type AuditDoor = typeof import('phasegate/audit')
type RedisDoor = typeof import('phasegate/redis')
type PostgresDoor = typeof import('phasegate/postgres')
type TestingDoor = Pick<typeof import('phasegate/testing'), 'explore' | 'sometimes'>

/** A folder on the disk that the repository is on: /tmp may be memory, where a sync costs nothing. */
export const SCRATCH: string = fileURLToPath(new URL('../node_modules/.cache/phasegate-bench', import.meta.url))

/** The library as it is published, so that nothing is measured that only the TypeScript loader adds. */
export interface Library extends FrontDoor, FileDoor, PostgresDoor, RedisDoor, AuditDoor, TestingDoor {
  /** The path of the front door. */
  readonly entry: string
}

/** Builds what is in `src/` now, beside `dist/` and not into it. */
export async function buildLibrary(): Promise<Library> {
  rmSync(SCRATCH, { recursive: true, force: true })
  mkdirSync(SCRATCH, { recursive: true })
  const outDir = `${SCRATCH}/dist`
  await build({ config: 'tsup.config.ts', outDir, dts: false, silent: true })
  const entry = `${outDir}/index.js`
  const load = (name: string): Promise<object> => import(pathToFileURL(`${outDir}/${name}.js`).href)
  const doors = await Promise.all(['index', 'file', 'postgres', 'redis', 'audit', 'testing'].map(load))
  return { ...Object.assign({}, ...doors), entry } as Library
}
