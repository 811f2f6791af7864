import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Place } from './database.ts'
import type { FromMigrator } from './migrator.ts'
import type { Account, FromWriter, WriterOrders } from './writer.ts'

const begunMs = performance.now()

function say(who: string, what: string): void {
  console.log(`${((performance.now() - begunMs) / 1_000).toFixed(1).padStart(5)} s  ${who.padEnd(10)}  ${what}`)
}

export interface Writer {
  /** Resolves when it writes. */
  readonly begun: Promise<unknown>
  /** Tells it to stop, and resolves with what it has done. */
  stop(): Promise<Account>
}

/** The processes of a run. */
export class Crew {
  readonly #children: ChildProcess[] = []
  #hasKilled = false

  writer(orders: WriterOrders): Writer {
    const child = this.#start('./writer.ts', orders)
    const account = new Promise<Account>((resolve, reject) => {
      child.on('message', (message: FromWriter) => {
        if (message.type === 'follows') say(orders.name, `writes as in "${message.phase}"`)
        else resolve(message.account)
      })
      child.on('disconnect', () => reject(new Error(`${orders.name} ended without an account`)))
    })
    account.catch(() => undefined)
    const stop = (): Promise<Account> => {
      child.send('stop')
      return account
    }
    return { begun: Promise.race([once(child, 'message'), account]), stop }
  }

  /** Runs a migrator to its end. Whichever of them comes to the middle of `chunk` first is killed there. */
  async migrator(name: string, place: Place, killedIn: number): Promise<void> {
    const child = this.#start('./migrator.ts', place)
    child.on('message', async (message: FromMigrator) => {
      switch (message.type) {
        case 'did':
          return say(name, message.what)
        case 'failed':
          return say(name, `has failed: ${message.message}`)
        case 'halfway': {
          if (message.chunk === killedIn && !this.#hasKilled) {
            this.#hasKilled = true
            say(name, `kill -9 in the middle of chunk ${message.chunk}`)
            return child.kill('SIGKILL')
          }
          await pause(40)
          if (child.connected) child.send('go on')
          return
        }
      }
    })
    await once(child, 'disconnect')
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  #start(program: string, orders: Place): ChildProcess {
    const child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(orders)], {
      execArgv: ['--import', 'tsx'],
    })
    this.#children.push(child)
    return child
  }
}
