import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { workerFile } from '../processes/bundle.ts'

/** What a command left behind. */
export interface Ran {
  readonly code: unknown
  readonly out: string
  readonly err: string
}

/** Runs `phasegate` as a process, in the repository or in another folder. */
export async function phasegate(
  args: readonly string[],
  cwd: string = resolve(import.meta.dirname, '../..'),
): Promise<Ran> {
  const child = spawn(process.execPath, [workerFile('cli'), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code, out, err }
}
