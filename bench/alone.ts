// A process that never loads the library, and does by hand what it is asked to.
import { flipByHand } from './by-hand.ts'
import { timedAsync } from './harness.ts'

const sample = timedAsync(flipByHand)
process.on('message', async (times: number) => process.send?.(await sample(times)))
