import type pg from 'pg'
import { chart } from 'phasegate'

export interface Warehouse {
  /** The schema whose table `taken` the steps write to. */
  readonly schema: string
  readonly failing: boolean
}

interface Context {
  readonly deps: Warehouse
  readonly stepKey: string
  readonly epoch: number
}

/** Takes something out of stock; a step key is taken once. */
function take({ deps, stepKey, epoch }: Context, tx: pg.PoolClient): Promise<unknown> {
  return tx.query(`insert into ${deps.schema}.taken (step_key, epoch) values ($1, $2)`, [stepKey, epoch])
}

/** Two steps that write what they did where the journal is, and their undo. */
export const stock = chart('stock', { version: 1 })
  .deps<Warehouse>()
  .transaction<pg.PoolClient>()
  .phase('ordered', { initial: true })
  .phase('packed', { final: true })
  .flip('pack', (f) =>
    f
      .from('ordered')
      .to('packed')
      .transact('shelf', {
        run: async (tx, context) => {
          await take(context, tx)
          return { from: 'shelf' }
        },
        compensate: (tx, context) => take(context, tx),
      })
      .transact('box', {
        run: async (tx, context) => {
          await take(context, tx)
          if (context.deps.failing) throw new Error('no box fits')
          return { from: 'store' }
        },
      }),
  )
  .build()
