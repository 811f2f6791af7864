import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { connect, type Place } from './database.ts'
import { migration, PLAN } from './migration.ts'

// Carries the migration out. Any number of these may run: they all ask for the same, and one that dies is succeeded.

export type FromMigrator =
  | { readonly type: 'halfway'; readonly chunk: number }
  | { readonly type: 'did'; readonly what: string }
  | { readonly type: 'failed'; readonly message: string }

/** A guard says no until the writers have followed; the rest is a machine or a database that is too busy: asked again. */
const PASSING: readonly string[] = ['GUARD_REFUSED', 'LEASE_LOST', 'FENCED', 'JOURNAL_FAILED', 'OUTCOME_UNKNOWN']

const place: Place = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: FromMigrator): void => void process.send?.(message)
process.once('disconnect', () => process.exit(1))
const db = connect(place)
const gate = createGate(migration, {
  deps: { db, halfway },
  journal: postgresJournal(db, { schema: place.schema }),
  leaseTtl: '1500ms',
})
gate.on('flip.stepped', ({ flip, step }) => tell({ type: 'did', what: `${flip}: ${step}` }))
gate.on('flip.adopted', ({ flip }) => tell({ type: 'did', what: `has adopted ${flip}` }))
gate.on('flip.committed', ({ flip, from, to }) => tell({ type: 'did', what: `${flip} is done: ${from} → ${to}` }))

try {
  for (const flip of PLAN) await carryOut(flip)
} catch (error) {
  tell({ type: 'failed', message: String(error) })
  process.exitCode = 1
}
await gate.close()
await db.end()
process.disconnect?.()

/** The key makes it one flip, whoever asks, and however often. */
async function carryOut(flip: (typeof PLAN)[number]): Promise<void> {
  for (;;) {
    const { error } = await gate.subject('customer').safeFlip(flip, undefined, { key: flip, wait: '10s' })
    if (error === undefined) return
    if (!PASSING.includes(error.code)) throw error
    await pause(50)
  }
}

/** In the middle of a chunk this process says so, and goes on when it is told to. */
async function halfway(chunk: number): Promise<void> {
  tell({ type: 'halfway', chunk })
  await once(process, 'message')
}
