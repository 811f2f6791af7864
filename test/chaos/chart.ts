import type { PoolClient } from 'pg'
import { chart, deny } from 'phasegate'
import { z } from 'zod'

/** What steps and undos see of their context. */
export interface Work {
  readonly subject: string
  readonly stepKey: string
  readonly epoch: number
  readonly signal: AbortSignal
  assertHeld(): void
}

/** The world that the steps work on, in one of its moods. */
export interface Site {
  run(work: Work): Promise<string>
  undo(work: Work): Promise<string>
  /** In the journal's own transaction. */
  sell(tx: PoolClient, work: Work): Promise<string>
  refund(tx: PoolClient, work: Work): Promise<string>
  isTrue(): boolean
  isAllowed(): boolean
}

const input = z.object({ note: z.string() })
const run = (work: Work & { readonly deps: Site }): Promise<string> => work.deps.run(work)
const undo = (work: Work & { readonly deps: Site }): Promise<string> => work.deps.undo(work)
const sell = (tx: PoolClient, work: Work & { readonly deps: Site }): Promise<string> => work.deps.sell(tx, work)
const refund = (tx: PoolClient, work: Work & { readonly deps: Site }): Promise<string> => work.deps.refund(tx, work)
const limits = { attempts: 30, base: '50ms', cap: '500ms' } as const
const compensate = { run: undo, retry: limits } as const
const step = { run, compensate, timeout: '10s' } as const
const again = { attempts: 3, base: '50ms', cap: '500ms' } as const

/** Flips of no step up to three, with everything a step can be. */
export const furnace = chart('furnace', { version: 1 })
  .deps<Site>()
  .transaction<PoolClient>()
  .phase('idle', { initial: true })
  .phase('warm')
  .phase('hot')
  .phase('cold', { after: { '2s': 'reset' } })
  .flip('warm', (f) =>
    f
      .from('idle', 'cold', 'hot')
      .to('warm')
      .input(input)
      .step('fuel', { ...step, retry: again }),
  )
  .flip('heat', (f) =>
    f
      .from('idle', 'warm', 'cold')
      .to('hot')
      .input(input)
      .step('fuel', step)
      .step('ignite', { ...step, once: true })
      .step('rise', { ...step, retry: again })
      .confirm('it is hot', ({ deps }) => deps.isTrue(), { within: '2s', poll: '50ms' }),
  )
  .flip('cool', (f) =>
    f
      .from('idle', 'warm', 'hot')
      .to('cold')
      .input(input)
      .guard('nobody inside', ({ deps }) => deps.isAllowed() || deny('somebody is'))
      .step('vent', step)
      .step('drain', { ...step, retry: again })
      .recover('rollBack'),
  )
  .flip('burn', (f) =>
    f
      .from('warm', 'hot')
      .to('cold')
      .input(input)
      .step('open', step)
      .step('burn', { run, irreversible: true, timeout: '10s', retry: limits }),
  )
  .flip('sell', (f) =>
    f
      .from('idle', 'hot', 'cold')
      .to('warm')
      .input(input)
      .transact('sell', { run: sell, compensate: { run: refund, retry: limits }, timeout: '10s', retry: again })
      .step('deliver', { ...step, retry: again })
      .transact('book', { run: sell, compensate: { run: refund, retry: limits }, timeout: '10s' }),
  )
  .flip('reset', (f) => f.from('warm', 'hot', 'cold').to('idle'))
  .build()
