import { door } from './flip.ts'
import { race, timed } from './harness.ts'
import type { Library } from './library.ts'

/** How many are out at a time: what is given back at once might be optimised away. */
const OUT = 8

/** A permit taken and given back against a counter that goes up and down. */
export async function benchPermits(library: Library): Promise<void> {
  const subject = library.createGate(door(library)).subject('front')
  await subject.phase()
  const permits = Array.from({ length: OUT }, () => subject.admit('closed'))
  const admitted = timed((times) => {
    for (let done = 0; done < times; done++) {
      const place = done % OUT
      permits[place]?.done()
      permits[place] = subject.admit('closed')
    }
  })
  const counter = new Counter()
  const tickets = Array.from({ length: OUT }, () => counter.enter())
  const counted = timed((times) => {
    for (let done = 0; done < times; done++) {
      const place = done % OUT
      tickets[place] = counter.leave()
      tickets[place] = counter.enter()
    }
  })
  await race('A permit taken and given back', [
    { name: 'a counter, ++ and --', sample: counted },
    { name: 'admit() and done()', aim: '≤ 5×', sample: admitted },
  ])
}

class Counter {
  #out = 0

  enter(): number {
    return this.#out++
  }

  leave(): number {
    return this.#out--
  }
}
