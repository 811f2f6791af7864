import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { Crew } from './crew.ts'
import { connect, furnish, type Place } from './database.ts'
import { LAYOUTS, readAll } from './layout.ts'
import { type Comparison, migration } from './migration.ts'
import { type Evidence, type Finding, judge } from './proof.ts'

const CUSTOMERS = 400
const KILLED_IN = 6

/** Migrates a table while two processes write it, and kills one that migrates it. What holds in the end, and what not. */
export async function play(url: string): Promise<readonly Finding[]> {
  const place = { url, schema: `example_${randomUUID().slice(0, 8)}` }
  const db = connect(place)
  const crew = new Crew()
  try {
    await migrate(db, { schema: place.schema })
    await furnish(db, CUSTOMERS)
    const before = await readAll(db, LAYOUTS.old)
    const most = CUSTOMERS * 1.3
    const writers = [
      crew.writer({ ...place, name: 'writer-1', lookMs: 30, most }),
      crew.writer({ ...place, name: 'writer-2', lookMs: 300, most }),
    ]
    await Promise.all(writers.map(({ begun }) => begun))
    await Promise.all(['migrator-1', 'migrator-2'].map((name) => crew.migrator(name, place, KILLED_IN)))
    const accounts = await Promise.all(writers.map((one) => one.stop()))
    return judge({ before, accounts, ...(await lookAt(db, place)) })
  } finally {
    crew.end()
    await db.query(`drop schema if exists ${place.schema} cascade`)
    await db.end()
  }
}

async function lookAt(db: Pool, { schema }: Place): Promise<Omit<Evidence, 'before' | 'accounts'>> {
  const deps = { db, halfway: async () => undefined }
  const gate = createGate(migration, { deps, journal: postgresJournal(db, { schema }) })
  const customers = gate.subject('customer')
  const phase = await customers.phase()
  let comparison: Comparison | undefined
  let adoptions = 0
  for await (const record of customers.history()) {
    if (record.kind === 'adopted') adoptions += 1
    if (record.kind === 'stepped' && record.step === 'compare') comparison = record.output as Comparison
  }
  await gate.close()
  const { rows: progress } = await db.query('select chunk, pid from progress')
  const { fields } = await db.query('select * from customer limit 0')
  const after = await readAll(db, LAYOUTS[phase])
  return { after, phase, comparison, adoptions, progress, columns: fields.map(({ name }) => name) }
}
