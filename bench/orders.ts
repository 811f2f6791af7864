import { type Contender, timedAsync } from './harness.ts'
import type { Library } from './library.ts'

/** Somebody who can do the job: three steps for an order, under an idempotency key. */
export interface Rival {
  readonly name: string
  /** Does it for the `turn`th time, counted from 1: the key is the turn's. */
  flip(order: string, turn: number): Promise<void>
  /** Does it once and looks whether it was done. @throws AssertionError */
  verify(): Promise<void>
  close(): Promise<void>
}

/** The steps of a shipment. */
export const SHIP = ['reserve', 'charge', 'send'] as const

/** What each step does, whoever runs it. */
export const done = async (): Promise<{ readonly done: true }> => ({ done: true })

/** An order that is shipped and returned for ever, three steps each time. */
export function orders({ chart }: Pick<Library, 'chart'>) {
  const [reserve, charge, send] = SHIP
  return chart('order', { version: 1 })
    .phase('open', { initial: true })
    .phase('shipped')
    .flip('ship', (f) =>
      f.from('open').to('shipped').step(reserve, { run: done }).step(charge, { run: done }).step(send, { run: done }),
    )
    .flip('return', (f) =>
      f
        .from('shipped')
        .to('open')
        .step('receive', { run: done })
        .step('refund', { run: done })
        .step('shelve', { run: done }),
    )
    .build()
}

/** So many callers at once, each with an order of its own, each flip under a key of its own. */
export function callersOf(callers: number, flip: Rival['flip']): Contender['sample'] {
  const turns = Array.from({ length: callers }, () => 0)
  return timedAsync((times) =>
    share(callers, times, (caller) => {
      const turn = (turns[caller] = (turns[caller] ?? 0) + 1)
      return flip(`order-${callers}-${caller}`, turn)
    }),
  )
}

/** Does it `times` times for all callers together: each takes the next as soon as its last is done. */
async function share(callers: number, times: number, work: (caller: number) => Promise<void>): Promise<void> {
  let left = times
  const call = async (caller: number): Promise<void> => {
    while (left-- > 0) await work(caller)
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
}
