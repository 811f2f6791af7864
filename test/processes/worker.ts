import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type Journal } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { build } from './build.ts'
import { Ledger } from './ledger.ts'

// A process that begins a flip. It dies by kill -9 before or after its n-th append, or waits in the middle of a step until
// a file called `go` appears.

export interface Orders {
  readonly folder: string
  readonly failing?: string | undefined
  readonly die?: { readonly when: 'before' | 'after'; readonly append: number } | undefined
  readonly waitIn?: string | undefined
  readonly ttl?: number | undefined
}

export type Message =
  | { readonly type: 'waiting' }
  | { readonly type: 'answered'; readonly answer: string }
  | { readonly type: 'ended'; readonly code: string }

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: Message): void => void (process.connected && process.send?.(message))

function dying(journal: Journal): Journal {
  let appends = 0
  const dieIf = (when: 'before' | 'after'): void => {
    if (orders.die?.when === when && orders.die.append === appends) process.kill(process.pid, 'SIGKILL')
  }
  return new Proxy(journal, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      if (name !== 'append') return value.bind(target) as unknown
      return async (...args: Parameters<Journal['append']>) => {
        appends += 1
        dieIf('before')
        await target.append(...args)
        dieIf('after')
      }
    },
  })
}

async function middle(step: string): Promise<void> {
  if (step !== orders.waitIn) return
  tell({ type: 'waiting' })
  while (!existsSync(join(orders.folder, 'go'))) await pause(10)
}

const ttl = orders.ttl ?? 15_000
const journal = dying(fileJournal(join(orders.folder, 'journal'), { ttl }))
const deps = {
  ledger: new Ledger(orders.folder),
  middle,
  failing: orders.failing,
  answered: (answer: string) => tell({ type: 'answered', answer }),
}
const gate = createGate(build, { deps, journal, leaseTtl: ttl })
const { error } = await gate.subject('hut').safeFlip('build', undefined, { key: 'k' })
tell({ type: 'ended', code: error?.code ?? 'committed' })
await gate.close({ within: 0 })
await journal.close().catch(() => undefined)
process.disconnect?.()
