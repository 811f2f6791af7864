import { describe, test } from 'vitest'
import { workerFile } from '../processes/bundle.ts'
import { isInTime } from './judge.ts'
import { type Cell, type Outcome, runOnce } from './run.ts'
import { MODES, type ModeName } from './traffic/index.ts'

/** On top of what is promised, for a machine that has other things to do at this moment. */
const ALLOWANCE_MS = 1_000
const DELAYS_MS = [0, 20] as const

function under(cell: Cell): Promise<Outcome> {
  return runOnce(workerFile('contender'), cell, `${cell.mode} ${cell.delayMs}`)
}

describe('a service that is told to end under load', { concurrent: true }, () => {
  const modes = Object.keys(MODES) as ModeName[]
  const cells = modes.flatMap((mode) => DELAYS_MS.map((delayMs) => ({ mode, delayMs })))

  test.for(cells)('loses nothing: $mode, a network of $delayMs ms each way', async ({ mode, delayMs }, { expect }) => {
    const outcome = await under({ contender: 'phasegate', mode, delayMs })
    const { lost, errors, closes, refused, mayBeRefused, exit, answeredBefore, answeredAfter } = outcome
    expect({ lost, errors, exit }).toEqual({ lost: [], errors: 0, exit: 0 })
    expect(refused).toBeLessThanOrEqual(mayBeRefused)
    // All WebSockets, and none without a word.
    expect(Object.keys(closes)).toEqual(mode === 'websockets' ? ['1012'] : [])
    // There was something to lose, before the signal and after it.
    expect(answeredBefore).toBeGreaterThan(0)
    expect(answeredAfter).toBeGreaterThan(0)
    expect(isInTime(outcome, ALLOWANCE_MS)).toBe(true)
  })

  test('and one that has never heard of it does: so it would be seen', async ({ expect }) => {
    const { lost, exit } = await under({ contender: 'nothing', mode: 'keep-alive', delayMs: 0 })
    expect(lost.length).toBeGreaterThan(0)
    expect(exit).toBe('SIGTERM')
  })
})
