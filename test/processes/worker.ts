import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type Journal } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { build } from './build.ts'
import { Ledger, type Resource } from './ledger.ts'

// A process that begins a flip. It dies by kill -9 before or after its n-th append, or waits in the middle of a step until
// a file called `go` appears.

export interface Orders {
  readonly folder: string
  /** Where journal and ledger are tables; otherwise they are files of the folder. */
  readonly postgres?: { readonly url: string; readonly schema: string } | undefined
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

/** The journal and the resource, and what ends them. */
async function site(ttl: number): Promise<{ journal: Journal; ledger: Resource; close: () => Promise<void> }> {
  const { folder, postgres } = orders
  // Loaded where it is needed: many workers start here, most of them for a file.
  if (postgres !== undefined) return (await import('./postgres-site.ts')).postgresSite(postgres)
  const journal = fileJournal(join(folder, 'journal'), { ttl })
  return { journal, ledger: new Ledger(folder), close: () => journal.close().catch(() => undefined) }
}

const ttl = orders.ttl ?? 15_000
const { journal, ledger, close } = await site(ttl)
const deps = {
  ledger,
  middle,
  failing: orders.failing,
  answered: (answer: string) => tell({ type: 'answered', answer }),
}
const gate = createGate(build, { deps, journal: dying(journal), leaseTtl: ttl })
const { error } = await gate.subject('hut').safeFlip('build', undefined, { key: 'k' })
tell({ type: 'ended', code: error?.code ?? 'committed' })
await gate.close({ within: 0 })
await close()
process.disconnect?.()
