import { setTimeout as pause } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { createGate, type FlipOutcome, type Gate, type Journal, type TransactionalJournal } from 'phasegate'
import { furnace } from './chart.ts'
import type { Ledger } from './ledger.ts'
import { CalmSite } from './site.ts'
import { Tally } from './tally.ts'

export interface Aftermath {
  readonly done: Tally
  /** Flips that could not be brought to an end. */
  readonly left: readonly string[]
}

interface Scene {
  readonly journal: TransactionalJournal<PoolClient>
  readonly ledger: Ledger
  readonly leaseMs: number
}

/** One gate, for which nothing goes wrong, takes over what was left, until nothing is: also what waits for a person. */
export async function clearUp({ journal, ledger, leaseMs }: Scene): Promise<Aftermath> {
  const site = new CalmSite(ledger)
  const gate = createGate(furnace, { deps: site, journal, leaseTtl: leaseMs })
  site.owner = gate.owner
  const done = new Tally()
  const deadline = performance.now() + 20 * leaseMs
  let left = await unended(journal)
  while (left.length > 0 && performance.now() < deadline) {
    for (const outcome of await takeOver(gate)) done.add(`${outcome.outcome} after adoption`)
    for (const outcome of await retryStuck(gate, journal)) done.add(`${outcome.outcome} after it was stuck`)
    await pause(leaseMs / 10)
    left = await unended(journal)
  }
  await gate.close()
  return { done, left }
}

async function unended(journal: Journal): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { id, head } of journal.heads(furnace.name))
    if (head.flip !== undefined) found.push(`${id}: ${head.flip.id}`)
  return found
}

/** Timers stay: each would begin another flip. */
async function takeOver(gate: Gate<typeof furnace>): Promise<readonly FlipOutcome[]> {
  const { adopted } = await gate.recover({ limit: 100 })
  return adopted
}

async function retryStuck(gate: Gate<typeof furnace>, journal: Journal): Promise<readonly FlipOutcome[]> {
  const order = { actor: { id: 'operator' }, reason: 'the storm is over' }
  const outcomes: FlipOutcome[] = []
  for await (const { id, head } of journal.heads(furnace.name)) {
    if (head.flip?.course.type !== 'stuck') continue
    outcomes.push(await gate.subject(id).resolve(head.flip.id, 'retry', order))
  }
  return outcomes
}
