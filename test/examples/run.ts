import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { WhenFinished } from '../servers/index.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Runs a program as its README says. It is killed when the test ends, and its children find their parent gone. */
export async function run(
  program: string,
  whenFinished: WhenFinished,
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  whenFinished(async () => void child.kill('SIGKILL'))
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, said }
}

/** The lines of the proof, each with its mark. */
export function proofOf(said: string): readonly string[] {
  return said.split('\n').filter((line) => /^[✔✘] /.test(line))
}
