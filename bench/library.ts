import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'tsup'

type FrontDoor = typeof import('phasegate')
type FileDoor = typeof import('phasegate/file')

/** A folder on the disk that the repository is on: /tmp may be memory, where a sync costs nothing. */
export const SCRATCH: string = fileURLToPath(new URL('../node_modules/.cache/phasegate-bench', import.meta.url))

/** The library as it is published, so that nothing is measured that only the TypeScript loader adds. */
export interface Library extends FrontDoor, FileDoor {
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
  const front: FrontDoor = await import(pathToFileURL(entry).href)
  const file: FileDoor = await import(pathToFileURL(`${outDir}/file.js`).href)
  return { ...front, ...file, entry }
}
