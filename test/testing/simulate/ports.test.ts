import { expect, test, vi } from 'vitest'
import { memoryJournal, memoryLock, type TransactionalJournal } from '../../../src/index.ts'
import { journalOf } from '../../../src/testing/simulate/ports.ts'
import { SimulatedProcess } from '../../../src/testing/simulate/process.ts'
import { Store } from '../../../src/testing/simulate/store.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a process that dies after its store opened no transaction leaves no rejection that nobody hears', async () => {
  const clock = virtualClock()
  const refusing = Object.assign(memoryJournal({ clock }), {
    transact: () => Promise.reject(new Error('no connection')),
  })
  const store = new Store({ journal: refusing, lock: memoryLock({ clock }), clock }, () => undefined)
  const process_ = new SimulatedProcess('p', { met: () => undefined, died: () => undefined })
  const journal = journalOf(process_, store) as TransactionalJournal<unknown>
  const unheard = vi.fn()
  process.on('unhandledRejection', unheard)
  try {
    const work = (): never => expect.fail('there is no transaction to work in')
    await expect(journal.transact({ chart: 'c', id: 'one' }, work)).rejects.toThrow('no connection')
    process_.kill()
    await settled()
    expect(unheard).not.toHaveBeenCalled()
  } finally {
    process.off('unhandledRejection', unheard)
  }
})
