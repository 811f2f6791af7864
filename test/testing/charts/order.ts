import { chart, deny } from 'phasegate'
import { z } from 'zod'
import { Bank, Courier, Shop } from './shop.ts'

/** What is outside of an order. */
export interface OrderDeps {
  readonly shop: Shop
  readonly bank: Bank
  readonly courier: Courier
}

/** What its author may have got wrong. */
export const orderBugs = [
  'the undo forgets a charge in doubt',
  'the card is charged without a key',
  'goods can be put back twice',
] as const
export type OrderBug = 'none' | (typeof orderBugs)[number]

/** A world with one order in it, in which nothing has happened. */
export function makeOrderDeps(): OrderDeps {
  return { shop: new Shop(), bank: new Bank(), courier: new Courier() }
}

/** How each flip of an order is asked for. */
export const orderRequests = {
  place: { input: { items: 2, cents: 4_900 }, actor: { id: 'ada', roles: ['customer'] } },
  ship: { input: undefined, actor: { id: 'kim', roles: ['warehouse'] } },
  cancel: { input: { reason: 'ordered twice' }, actor: { id: 'ada', roles: ['customer'] } },
  refund: { input: { reason: 'too small' }, actor: { id: 'lee', roles: ['support'] } },
} as const

/** An order: goods are set aside, the card is charged, a parcel is booked; or none of it. */
export function orderChart({ bug = 'none' }: { readonly bug?: OrderBug } = {}) {
  const reason = z.object({ reason: z.string().min(1) })
  return chart('order', { version: 1 })
    .deps<OrderDeps>()
    .phase('open', { initial: true })
    .phase('placed')
    .phase('shipped')
    .phase('cancelled', { final: true })
    .phase('refunded', { final: true })
    .flip('place', (f) =>
      f
        .from('open')
        .to('placed')
        .input(z.object({ items: z.number().int().positive(), cents: z.number().int().positive() }))
        .allow('customer', 'support')
        .guard('in stock', async ({ deps, input }) => deps.shop.stock >= input.items || deny('sold out'))
        .step('reserve', {
          run: ({ deps, flipId, input }) => deps.shop.reserve(flipId, input.items),
          compensate: ({ deps, flipId, input }) =>
            bug === 'goods can be put back twice' ? deps.shop.putBack(flipId, input.items) : deps.shop.release(flipId),
          timeout: '5s',
          retry: { attempts: 3, base: '200ms' },
        })
        .step('charge', {
          run: ({ deps, flipId, input }) =>
            bug === 'the card is charged without a key'
              ? deps.bank.charge(input.cents)
              : deps.bank.charge(input.cents, flipId),
          compensate: async ({ deps, flipId, output }) => {
            if (bug === 'the card is charged without a key') return deps.bank.giveBackAll()
            if (bug === 'none' || bug === 'goods can be put back twice') return deps.bank.void(flipId)
            if (output) await deps.bank.giveBack(output.receipt)
          },
          timeout: '20s',
        })
        .step('book', {
          run: ({ deps, flipId }) => deps.courier.book(flipId),
          compensate: ({ deps, flipId }) => deps.courier.callOff(flipId),
          timeout: '10s',
          retry: { attempts: 4, base: '500ms' },
        })
        .timeout('2m')
        // The customer who waited is told to try later.
        .recover(bug === 'the card is charged without a key' ? 'resume' : 'rollBack'),
    )
    .flip('ship', (f) =>
      f
        .from('placed')
        .to('shipped')
        .allow('warehouse')
        .step('collect', { run: ({ deps }) => deps.courier.collect(), timeout: '10s', irreversible: true })
        .step('hand over', { run: ({ deps }) => deps.shop.hand(), timeout: '5s' }),
    )
    .flip('cancel', (f) =>
      f
        .from('open', 'placed')
        .to('cancelled')
        .input(reason)
        .allow('customer', 'support')
        .step('call off', { run: ({ deps }) => deps.courier.callOffAll(), timeout: '10s', irreversible: true })
        .step('give back', { run: ({ deps }) => deps.bank.giveBackAll(), timeout: '20s' })
        .step('release', { run: ({ deps }) => deps.shop.releaseAll(), timeout: '5s' }),
    )
    .flip('refund', (f) =>
      f
        .from('shipped')
        .to('refunded')
        .input(reason)
        .allow('support')
        .step('take back', { run: ({ deps }) => deps.shop.takeBack(), timeout: '5s', irreversible: true })
        .step('give back', { run: ({ deps }) => deps.bank.giveBackAll(), timeout: '20s' })
        .timeout('1h'),
    )
    .build()
}

/** What the owner of the shop would say must hold whenever no flip of the order is in progress. */
export const orderTruths: Readonly<
  Record<string, (world: { readonly deps: OrderDeps; readonly phase: string }) => boolean>
> = {
  'an order is never charged twice': ({ deps }) => deps.bank.taken.length <= 1,
  'who has no goods coming has paid nothing': ({ deps, phase }) =>
    !['open', 'cancelled', 'refunded'].includes(phase) || deps.bank.taken.length === 0,
  'a placed order is paid, set aside, and has one parcel': ({ deps, phase }) =>
    phase !== 'placed' || (deps.bank.taken.length === 1 && deps.shop.setAside > 0 && deps.courier.booked.size === 1),
  'a shipped order is paid and on its way': ({ deps, phase }) =>
    phase !== 'shipped' || (deps.bank.taken.length === 1 && deps.courier.collected.size === 1),
  'no goods are lost, and none appear': ({ deps }) => deps.shop.stock + deps.shop.setAside + deps.shop.sold === 10,
  'nothing is set aside or booked for an order that is not placed': ({ deps, phase }) =>
    phase === 'placed' || (deps.shop.setAside === 0 && deps.courier.booked.size === 0),
}
