import { memoryJournal } from '../../src/adapters/memory/index.ts'
import type { Journal } from '../../src/ports/index.ts'
import { journalContract, type VirtualClock, virtualClock } from '../../src/testing/index.ts'

/** Methods that do not do as they should. */
export type Break = (journal: Journal, clock: VirtualClock) => Partial<Journal>

/** A journal with some of its methods replaced. */
function bent(break_: Break, clock: VirtualClock): Journal {
  const journal = memoryJournal({ clock })
  const changes = break_(journal, clock)
  return new Proxy(journal, {
    get: (target, name) => {
      const method = Reflect.get(name in changes ? changes : target, name)
      return typeof method === 'function' ? method.bind(name in changes ? changes : target) : method
    },
  })
}

/** The numbers of the promises that a bent journal is found to break. */
export async function brokenPromises(break_: Break): Promise<readonly number[]> {
  const broken: number[] = []
  for (const { promise, run } of journalContract) {
    const clock = virtualClock()
    await run({ journal: bent(break_, clock), clock, reopen: undefined }).catch(() => broken.push(promise))
  }
  return broken
}
