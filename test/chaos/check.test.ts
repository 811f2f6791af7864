import { setTimeout as pause } from 'node:timers/promises'
import { createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { beforeAll, expect, test } from 'vitest'
import { describeWith, startPostgres } from '../servers/index.ts'
import { clearUp } from './aftermath.ts'
import { furnace } from './chart.ts'
import { FAULTS } from './check/faults/index.ts'
import { CHECKS, judge } from './check/index.ts'
import { Told } from './crew.ts'
import { chroniclesOf, type Evidence } from './evidence.ts'
import { makeLedger, pool, postgresLedger, readLedger, readSales } from './ledger.ts'
import type { Orders } from './messages.ts'
import { seeded } from './random.ts'
import { MoodySite } from './site.ts'
import { Workload } from './workload.ts'

const LEASE_MS = 1_800
/** So many answers hold an instance of everything. */
const ENOUGH = 250

/** What one process leaves that was not disturbed. */
async function calmEvidence(port: number): Promise<Evidence> {
  const direct = pool(port, 8)
  await migrate(direct)
  await makeLedger(direct)
  const [ledger, random, told] = [postgresLedger(direct), seeded('calm'), new Told()]
  const journal = postgresJournal(direct)
  const site = new MoodySite({ ledger, random, leaseMs: LEASE_MS })
  const gate = createGate(furnace, { deps: site, journal, leaseTtl: LEASE_MS, random })
  site.owner = gate.owner
  const orders: Orders = { ...NOBODY, subjects: 30, begunAt: Date.now() }
  const workload = new Workload({ gate, orders, random, tell: (message) => told.hear(message) })
  while (told.acknowledged.length < ENOUGH) await pause(50)
  workload.finish()
  await workload.done
  await gate.close()
  await clearUp({ journal, ledger, leaseMs: LEASE_MS })
  expect(told.unforeseen).toEqual([])
  const chronicles = await chroniclesOf(journal, furnace.name)
  const rest = { ledger: await readLedger(direct), sales: await readSales(direct), acknowledged: told.acknowledged }
  await direct.end()
  return { chart: furnace.name, chronicles, ...rest }
}

const NOBODY = { worker: 0, life: 1, seed: '', journalPort: 0, ledgerPort: 0, leaseMs: LEASE_MS, pollMs: 500 }

async function failing(evidence: Evidence): Promise<readonly string[]> {
  return (await judge(evidence)).filter(({ problems }) => problems.length > 0).map(({ name }) => name)
}

describeWith('postgres', 'the judge of the chaos', () => {
  let evidence: Evidence

  beforeAll(async () => {
    const server = await startPostgres({ fsync: false })
    evidence = await calmEvidence(server.port)
    return () => server.stop()
  }, 60_000)

  test('finds nothing wrong where nothing is', async () => {
    expect(await failing(evidence)).toEqual([])
  })

  test.for(FAULTS)('finds that $name', async ({ check, plant }) => {
    expect(await failing(plant(evidence))).toContain(check)
  })

  test('has no check that cannot fail', () => {
    expect(new Set(FAULTS.map(({ check }) => check))).toEqual(new Set(CHECKS.map(({ name }) => name)))
  })
})
