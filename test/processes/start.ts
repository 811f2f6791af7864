import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WhenFinished } from '../servers/index.ts'
import { workerFile } from './bundle.ts'
import type { Message, Orders } from './worker.ts'

/** A folder that goes with the test. */
export function temporaryFolder(whenFinished: WhenFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'phasegate-'))
  whenFinished(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A worker process, with what it has said. It is killed when the test ends. */
export class Worker {
  readonly child: ChildProcess
  readonly said: Message[] = []
  readonly exited: Promise<unknown>

  constructor(orders: Orders, whenFinished: WhenFinished) {
    this.child = fork(workerFile('builder'), [JSON.stringify(orders)], { execArgv: [] })
    this.child.on('message', (message: Message) => this.said.push(message))
    this.exited = once(this.child, 'exit')
    whenFinished(async () => void this.child.kill('SIGKILL'))
  }

  async saying(type: Message['type']): Promise<Message> {
    for (;;) {
      const message = this.said.find((candidate) => candidate.type === type)
      if (message !== undefined) return message
      const [first] = await Promise.race([once(this.child, 'message'), this.exited.then(() => [undefined])])
      if (first === undefined) throw new Error(`the worker ended without saying "${type}"`)
    }
  }
}
