import { chart, createGate, type StepContext } from 'phasegate'
import { mortal, stage } from './stage.ts'
import { type Till, type Tx, till } from './till.ts'

// The chart that the tests of `transact` steps share: an order that is placed by a transaction and a step.

type Context = StepContext<Deps>

export interface Deps {
  /** In the transaction that adds to the row `reserved`. */
  reserve(context: Context, tx: Tx): unknown
  /** In the one that adds to `freed`. */
  free(context: Context & { readonly output: unknown }, tx: Tx): unknown
  ship(context: Context): unknown
  bill(context: Context, tx: Tx): unknown
  thank(): unknown
}

const retry = { attempts: 3, base: '1s', cap: '1s' } as const

export const order = chart('order', { version: 1 })
  .deps<Deps>()
  .transaction<Tx>()
  .phase('open', { initial: true })
  .phase('placed')
  .flip('place', (f) =>
    f
      .from('open')
      .to('placed')
      .transact('reserve', {
        run: async (tx, context) => {
          tx.add('reserved')
          return (await context.deps.reserve(context, tx)) ?? { count: tx.read('reserved') }
        },
        compensate: {
          run: (tx, context) => {
            tx.add('freed')
            return context.deps.free(context, tx)
          },
          timeout: '5s',
          retry,
        },
        timeout: '10s',
        retry,
      })
      .step('ship', { run: (context) => context.deps.ship(context) })
      .timeout('1m'),
  )
  .flip('reserve only', (f) =>
    f
      .from('open')
      .to('placed')
      .transact('reserve', {
        run: (tx, context) => {
          tx.add('reserved')
          return context.deps.reserve(context, tx)
        },
      }),
  )
  .flip('bill', (f) =>
    f
      .from('open')
      .to('placed')
      .transact('reserve', { run: (tx) => tx.add('reserved'), compensate: (tx) => tx.add('freed') })
      .transact('bill', {
        run: (tx, context) => {
          tx.add('billed')
          return context.deps.bill(context, tx)
        },
        irreversible: true,
        retry: { attempts: 1 },
      })
      .step('thank', { run: ({ deps }) => deps.thank(), retry: { attempts: 1 } })
      .exclusive('printer'),
  )
  .flip('back', (f) => f.from('placed').to('open'))
  .build()

const NOTHING: Deps = {
  reserve: () => undefined,
  free: () => undefined,
  ship: () => undefined,
  bill: () => undefined,
  thank: () => undefined,
}

interface Shared extends ReturnType<typeof stage> {
  readonly store: Till
}

export function shop(): Shared {
  const shared = stage()
  return { ...shared, store: till(shared.journal) }
}

/** A gate of its own on a shared store. */
export function open(
  deps: Partial<Deps> = {},
  shared: Shared = shop(),
  journal: Till['journal'] = shared.store.journal,
) {
  const { clock, lock } = shared
  const gate = createGate(order, { clock, lock, journal, random: () => 1, deps: { ...NOTHING, ...deps } })
  return { ...shared, gate, order: gate.subject('order-1') }
}

/** A gate whose process can die: from then on nothing of it reaches the store. */
export function openMortal(deps: Partial<Deps>, shared: Shared) {
  const { journal, die } = mortal(shared.store.journal)
  const transact: Till['journal']['transact'] = (subject, work) => shared.store.journal.transact(subject, work)
  return { ...open(deps, shared, { ...journal, transact }), die }
}
