import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromLoad, FromService, Tally } from './messages.ts'

function run(file: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ['--import', 'tsx'] })
}

/** A service in a process of its own. */
export class ServiceProcess {
  readonly name: string
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  /** The port it listens on, once it is active. */
  readonly port: Promise<number>
  phase = 'starting'
  inFlight = 0

  constructor(name: string, folder: string, heard: (service: ServiceProcess, message: FromService) => void) {
    this.name = name
    this.child = run('./service.ts', [name, folder])
    this.exited = once(this.child, 'close').then(([code]) => {
      this.phase = 'gone'
      return code as number | null
    })
    this.port = new Promise((resolve, reject) => {
      this.child.on('message', (message: FromService) => {
        if (message.type === 'listening') resolve(message.port)
      })
      this.child.once('close', (code) => reject(new Error(`${name} ended with code ${code}`)))
    })
    this.child.on('message', (message: FromService) => {
      if (message.type === 'pulse' || message.type === 'flip') this.inFlight = message.inFlight
      if (message.type === 'flip') this.phase = message.to
      heard(this, message)
    })
  }
}

/** The load generator in a process of its own. */
export class Load {
  readonly tally: Promise<Tally>
  answered = 0
  readonly child: ChildProcess

  constructor(port: number, connections: number, amount: number) {
    this.child = run('./load.ts', [`http://127.0.0.1:${port}`, String(connections), String(amount)])
    this.tally = new Promise((resolve, reject) => {
      this.child.on('message', (message: FromLoad) => {
        if (message.type === 'progress') this.answered = message.answered
        else resolve(message.tally)
      })
      this.child.once('close', (code) => reject(new Error(`the load generator ended with code ${code}`)))
    })
  }
}
