import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** Another process with a journal. */
export interface Other {
  /** Sends a command and waits for its answer. */
  ask(command: string): Promise<string>
  /** Every line it has said so far. */
  readonly said: readonly string[]
  send(command: string): void
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when it has gone, and all it said has been read. */
  readonly gone: Promise<unknown>
}

/** Starts another process with a journal in `folder`; it does not outlive the test. */
export function otherProcess(folder: string, ttlMs = 300, waitMs = 0): Other {
  const file = fileURLToPath(new URL('./child.ts', import.meta.url))
  const args = ['--import', 'tsx', file, folder, String(ttlMs), String(waitMs)]
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said: string[] = []
  const waiting: ((line: string) => void)[] = []
  if (child.stdout === null) throw new TypeError('the child has no output')
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line)
    waiting.shift()?.(line)
  })
  const send = (command: string): void => void child.stdin?.write(`${command}\n`)
  return {
    said,
    send,
    ask: (command) =>
      new Promise((resolve) => {
        waiting.push(resolve)
        send(command)
      }),
    signal: (name) => void child.kill(name),
    gone: once(child, 'close'),
  }
}
