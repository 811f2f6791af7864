// Worker processes, each in one file of JavaScript: a process that has to translate its sources first takes four times as
// long to start, and there are a hundred of them in a run.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { pack } from './pack.ts'

const ROOT = join(import.meta.dirname, '../..')
const CACHE = join(ROOT, 'node_modules/.cache')

const WORKERS = {
  builder: 'test/processes/worker.ts',
  packer: 'test/adapters/postgres/stock-worker.ts',
  holder: 'test/adapters/redis/worker.ts',
  watched: 'test/operate/service.ts',
  drained: 'test/node/fixtures/service.ts',
  cli: 'src/cli/index.ts',
  keeper: 'test/trail/sink-worker.ts',
  eraser: 'test/adapters/file/drop-worker.ts',
  traced: 'test/telemetry/traced-worker.ts',
  deliverer: 'test/trail/trail-worker.ts',
  parent: 'test/xstate/parent-worker.ts',
  contender: 'test/load/service/contender.ts',
  patient: 'test/load/faults/service.ts',
  idlers: 'test/load/faults/idlers.ts',
} as const

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the bundled workers. */
    workers: string
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'workers-'))
  await pack(WORKERS, folder)
  project.provide('workers', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}

/** The file of a worker, to be forked. */
export function workerFile(name: keyof typeof WORKERS): string {
  return join(inject('workers'), `${name}.js`)
}
