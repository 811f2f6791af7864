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
  const counter = new Counter()
  const tickets = Array.from({ length: OUT }, () => counter.enter())
  const objects = Array.from({ length: OUT }, () => ({ done: 0 }))

  await race('Permits: eight given back, then eight taken', [
    {
      name: 'a counter, ++ and --',
      sample: timed((times) => {
        for (let done = 0; done < times; done += OUT) {
          for (let place = 0; place < OUT; place++) tickets[place] = counter.leave()
          for (let place = 0; place < OUT; place++) tickets[place] = counter.enter()
        }
      }),
    },
    {
      name: 'admit() and done()',
      aim: '≤ 5×',
      sample: timed((times) => {
        for (let done = 0; done < times; done += OUT) {
          for (let place = 0; place < OUT; place++) permits[place]?.done()
          for (let place = 0; place < OUT; place++) permits[place] = subject.admit('closed')
        }
      }),
    },
  ])

  // Here V8 makes one of the counter's -- and ++: what was written is kept in a register and not read again.
  await race('Permits: one given back and one taken, in turns', [
    {
      name: 'a counter, ++ and --',
      sample: timed((times) => {
        for (let done = 0; done < times; done++) {
          const place = done % OUT
          tickets[place] = counter.leave()
          tickets[place] = counter.enter()
        }
      }),
    },
    {
      name: 'an object of one field, made and kept',
      sample: timed((times) => {
        for (let done = 0; done < times; done++) objects[done % OUT] = { done }
      }),
    },
    {
      name: 'admit() and done()',
      aim: '≤ 5×',
      sample: timed((times) => {
        for (let done = 0; done < times; done++) {
          const place = done % OUT
          permits[place]?.done()
          permits[place] = subject.admit('closed')
        }
      }),
    },
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
