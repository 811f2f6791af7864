import { createGate, type RecordKind } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { Machine, upgrade } from './upgrade.ts'

// One process: it begins a flip and stops for ever in the middle of `hang`, or recovers what a dead one has left, with a
// machine that breaks in the middle of `fail`.

/** What the worker tells its parent. */
export type Message =
  | { readonly type: 'record'; readonly kind: RecordKind; readonly step: string | undefined; readonly epoch: number }
  | { readonly type: 'half'; readonly step: string }
  | { readonly type: 'ended'; readonly outcome: string }

export interface Orders {
  readonly folder: string
  readonly subject: string
  readonly order: 'begin' | 'recover'
  readonly hang?: string | undefined
  readonly fail?: string | undefined
}

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: Message): void => void process.send?.(message)

const machine = new Machine(orders.folder, async (what) => {
  if (what === orders.hang) {
    tell({ type: 'half', step: what })
    await new Promise(() => setInterval(() => undefined, 1_000))
  }
  if (what === orders.fail) throw new Error('the load balancer does not answer')
})
const journal = fileJournal(orders.folder)
const gate = createGate(upgrade, { deps: machine, journal })
const KINDS = ['requested', 'adopted', 'stepped', 'turned', 'undone', 'committed', 'rolledBack'] as const
for (const kind of KINDS) {
  gate.on(`flip.${kind}`, (record) => {
    tell({ type: 'record', kind, step: 'step' in record ? record.step : undefined, epoch: record.epoch })
  })
}

if (orders.order === 'begin') {
  await gate.subject(orders.subject).flip('upgrade')
} else {
  const { adopted } = await gate.recover()
  tell({ type: 'ended', outcome: adopted.map((flip) => flip.outcome).join() })
}
await gate.close()
await journal.close()
process.disconnect?.()
