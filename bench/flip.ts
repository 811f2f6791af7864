import { fork } from 'node:child_process'
import { once } from 'node:events'
import { flipByHand, mayMove, move } from './by-hand.ts'
import { race, timedAsync } from './harness.ts'
import type { Library } from './library.ts'

/** The journal in memory keeps every record: a gate that lived on would measure the garbage collector. */
const FLIPS_PER_GATE = 1_000

/** A door that opens and closes for ever. */
export function door({ chart }: Library) {
  return chart('door', { version: 1 })
    .phase('closed', { initial: true })
    .phase('open')
    .flip('open', (f) => f.from('closed').to('open').guard('may move', mayMove).step('move', { run: move }))
    .flip('close', (f) => f.from('open').to('closed').guard('may move', mayMove).step('move', { run: move }))
    .build()
}

/** A whole flip in memory against the same two awaits by hand, here and in a process without the library. */
export async function benchFlip(library: Library): Promise<void> {
  const chart = door(library)
  const inGate = async (times: number): Promise<void> => {
    for (let done = 0; done < times; done += FLIPS_PER_GATE) {
      const subject = library.createGate(chart).subject('front')
      const flips = Math.min(FLIPS_PER_GATE, times - done)
      for (let flipped = 0; flipped < flips; flipped++) await subject.flip(flipped % 2 === 0 ? 'open' : 'close')
    }
  }
  const gate = { name: 'a flip', aim: '≤ 6×', sample: timedAsync(inGate) }
  const here = { name: 'by hand, in this process', sample: timedAsync(flipByHand) }
  await race('A flip in memory, one async guard and one async step', [here, gate])

  const child = fork(new URL('./alone.ts', import.meta.url))
  const alone = async (times: number): Promise<number> => {
    child.send(times)
    const [ns] = await once(child, 'message')
    return ns
  }
  await race('The same, against a process that never loads the library', [
    { name: 'by hand, in a process of its own', sample: alone },
    { ...here, name: 'by hand, beside the library' },
    gate,
  ])
  child.kill()
}
