import { createGate, isPhasegateError } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { furnace } from './chart.ts'
import { pool, postgresLedger } from './ledger.ts'
import type { Message, Orders } from './messages.ts'
import { seeded } from './random.ts'
import { MoodySite } from './site.ts'
import { Workload } from './workload.ts'

// A process that flips, and tells of every answer it had in hand, until it is told to finish.

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: Message): void => void (process.connected && process.send?.(message))
const unforeseen = (what: unknown): void => tell({ type: 'unforeseen', what: text(what) })

process.on('disconnect', () => process.exit(1))
process.on('uncaughtException', (error) => {
  unforeseen(error)
  setImmediate(() => process.exit(1))
})

const random = seeded(`${orders.seed}:${orders.worker}:${orders.life}`)
const journalPool = pool(orders.journalPort, 6)
const ledgerPool = pool(orders.ledgerPort, 6)
const { leaseMs } = orders
const site = new MoodySite({ ledger: postgresLedger(ledgerPool), random, leaseMs })
const journal = postgresJournal(journalPool, { timeout: '1s' })
const gate = createGate(furnace, { deps: site, journal, leaseTtl: leaseMs, poll: orders.pollMs, random })
site.owner = gate.owner
gate.on('lease.lost', ({ error }) => tell({ type: 'noted', what: `left a flip: ${error.code}` }))
gate.on('error', ({ error, during }) => {
  if (isPhasegateError(error)) tell({ type: 'noted', what: `in the background: ${error.code}` })
  else unforeseen(`during ${during}: ${text(error)}`)
})
gate.start()
const workload = new Workload({ gate, orders, random, tell })
process.on('message', (message) => void (message === 'finish' && workload.finish()))
tell({ type: 'ready' })
await workload.done
await gate.close()
await journal.close()
await Promise.all([journalPool.end(), ledgerPool.end()])
tell({ type: 'finished' })
process.disconnect()
process.exit(0)

function text(what: unknown): string {
  return what instanceof Error ? (what.stack ?? what.message) : String(what)
}
