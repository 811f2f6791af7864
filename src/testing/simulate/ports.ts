import { isTransactional } from '../../flip/index.ts'
import type { Append, Journal, Lease, Lock, SubjectRef, TransactionalJournal } from '../../ports/index.ts'
import { throughBorder } from './outside.ts'
import type { SimulatedProcess } from './process.ts'
import type { Store } from './store.ts'

/** The journal as one process reaches it. Of what it asks only appends are moments: nothing else leaves a trace. */
export function journalOf(process: SimulatedProcess, store: Store): Journal {
  const { journal } = store
  const look = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => process.look(() => store.asked(ask()))
  const each = <Item>(items: AsyncIterable<Item>): AsyncIterable<Item> => heard(process, items)
  const reached: Journal = {
    append: (subject, append) =>
      process.reach(placeOf(append), () =>
        store.asked(journal.append(subject, append).then(() => store.stored(append))),
      ),
    read: (subject) => look(() => journal.read(subject)),
    renew: (subject, epoch, ttlMs) => look(() => journal.renew(subject, epoch, ttlMs)),
    settled: (subject, key) => look(() => journal.settled(subject, key)),
    history: (subject, range) => each(journal.history(subject, range)),
    heads: (chart) => each(journal.heads(chart)),
    abandoned: (chart, limit, id) => look(() => journal.abandoned(chart, limit, id)),
    due: (chart, limit) => look(() => journal.due(chart, limit)),
    stuck: (chart, limit) => look(() => journal.stuck(chart, limit)),
    feed: (after, limit) => look(() => journal.feed(after, limit)),
    tips: () => each(journal.tips()),
    bookmark: (name) => look(() => journal.bookmark(name)),
    moveBookmark: (name, from, to) => look(() => journal.moveBookmark(name, from, to)),
    // The store outlives its processes.
    close: () => Promise.resolve(),
  }
  return isTransactional(journal) ? withTransactions(process, store, reached, journal) : reached
}

/** The place of a transaction, from its beginning to its end. */
export const TRANSACTION = 'journal: a transaction'

/** What was done in a transaction of a dead process is taken back by the store. */
function withTransactions(
  process: SimulatedProcess,
  store: Store,
  reached: Journal,
  journal: TransactionalJournal<unknown>,
): TransactionalJournal<unknown> {
  const transact = (subject: SubjectRef, work: (tx: unknown) => Promise<Append>): Promise<void> =>
    process.reach(TRANSACTION, () => {
      let sent: Append | undefined
      const working = async (tx: unknown): Promise<Append> => {
        const died = process.death.then((): never => {
          throw process.crashed()
        })
        const asked = <Answer>(answer: Promise<Answer>): Promise<Answer> => store.asked(answer)
        const reach = { process, clock: store.clock, from: 'a transaction', asked }
        sent = await store.meanwhile(Promise.race([work(throughBorder(tx, reach)), died]))
        return sent
      }
      return store.asked(journal.transact(subject, working).then(() => sent && store.stored(sent)))
    })
  return { ...reached, transact }
}

/** The lock as one process reaches it. */
export function lockOf(process: SimulatedProcess, store: Store): Lock {
  const leased = (lease: Lease): Lease => ({
    resource: lease.resource,
    epoch: lease.epoch,
    renew: (ttlMs) => process.look(() => store.asked(lease.renew(ttlMs))),
    release: () => process.reach(`lock: gives back ${lease.resource}`, () => store.asked(lease.release())),
  })
  return {
    acquire: (resource, options) =>
      process.reach(`lock: asks for ${resource}`, () => store.lock.acquire(resource, options).then(leased)),
  }
}

function placeOf({ records }: Append): string {
  return `journal: ${records.map((record) => ('step' in record ? `${record.kind} "${record.step}"` : record.kind)).join(' + ')}`
}

async function* heard<Item>(process: SimulatedProcess, items: AsyncIterable<Item>): AsyncIterable<Item> {
  for await (const item of items) {
    await process.look(() => Promise.resolve())
    yield item
  }
}
