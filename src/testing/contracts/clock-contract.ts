import assert from 'node:assert/strict'
import type { Clock } from '../../ports/index.ts'

/** A clock under test. */
export interface ClockHarness {
  readonly clock: Clock
  /** Lets `ms` go by, and what falls due meanwhile happen. A clock that cannot be set waits for real. */
  advance(ms: number): Promise<void>
}

/** One thing that a clock promises: `promise` is its number in the documentation of `Clock`. */
export interface ClockCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the clock does not keep the promise. Every run takes a new harness. */
  run(harness: ClockHarness): Promise<void>
}

const STEP_MS = 40
/** A busy machine takes its time. */
const SLOW_MS = 5_000

function isAbout(found: number, ms: number): void {
  assert.ok(found >= ms - 2 && found <= ms + SLOW_MS, `${found} ms went by, where it were ${ms}`)
}

/** What every clock has to pass, as data, for any test runner. */
export const clockContract: readonly ClockCase[] = [
  {
    promise: 1,
    name: 'now is ms since 1970, and goes with the time',
    async run({ clock, advance }) {
      const before = clock.now()
      assert.ok(before > Date.UTC(2000, 0) && before < Date.UTC(2200, 0), `${before} is not ms since 1970`)
      await advance(STEP_MS)
      isAbout(clock.now() - before, STEP_MS)
    },
  },
  {
    promise: 2,
    name: 'monotonic is ms, goes with the time, and never back',
    async run({ clock, advance }) {
      let last = clock.monotonic()
      const look = (): void => {
        const now = clock.monotonic()
        assert.ok(now >= last, `${now} came after ${last}`)
        last = now
      }
      for (let turn = 0; turn < 3; turn++) {
        const before = clock.monotonic()
        for (let looks = 0; looks < 1_000; looks++) look()
        await advance(STEP_MS)
        look()
        isAbout(last - before, STEP_MS)
      }
    },
  },
  {
    promise: 3,
    name: 'a timer fires once, when its time has come by monotonic, and not before',
    async run({ clock, advance }) {
      const fired: (readonly [ms: number, after: number])[] = []
      const since = clock.monotonic()
      const waits = [1, 2, 3, 5, 7, 10, 12.5, 15, 20, 25, STEP_MS]
      for (const ms of [...waits, ...waits, ...waits]) {
        const from = clock.monotonic()
        clock.timer(ms, () => void fired.push([ms, clock.monotonic() - from]))
      }
      while (clock.monotonic() - since < STEP_MS + 5) await advance(STEP_MS / 4)
      for (let turn = 0; turn < 100 && fired.length < waits.length * 3; turn++) await advance(STEP_MS / 4)
      await advance(STEP_MS)
      assert.equal(fired.length, waits.length * 3)
      for (const [ms, after] of fired) assert.ok(after >= ms, `a timer of ${ms} ms fired after ${after}`)
    },
  },
  {
    promise: 3,
    name: 'a timer of no time at all fires, and not before it was returned',
    async run({ clock, advance }) {
      for (const ms of [0, -1]) {
        let fired = 0
        clock.timer(ms, () => void fired++)
        assert.equal(fired, 0, `a timer of ${ms} ms fired at once`)
        for (let turn = 0; turn < 100 && fired === 0; turn++) await advance(1)
        assert.equal(fired, 1, `a timer of ${ms} ms did not fire`)
      }
    },
  },
  {
    promise: 3,
    name: 'a timer that was stopped does not fire, and no other is stopped by it',
    async run({ clock, advance }) {
      const fired: string[] = []
      const stop = clock.timer(STEP_MS / 4, () => void fired.push('stopped'))
      clock.timer(STEP_MS / 4, () => void fired.push('another'))
      stop()
      stop()
      for (let turn = 0; turn < 100 && fired.length === 0; turn++) await advance(STEP_MS)
      const late = clock.timer(STEP_MS / 4, () => void fired.push('late'))
      stop()
      for (let turn = 0; turn < 100 && fired.length === 1; turn++) await advance(STEP_MS)
      late()
      assert.deepEqual(fired, ['another', 'late'])
    },
  },
  {
    promise: 3,
    name: 'a timer of months does not fire at once',
    async run({ clock, advance }) {
      let fired = 0
      const stop = clock.timer(2 ** 31 + 60_000, () => void fired++)
      await advance(STEP_MS)
      assert.equal(fired, 0)
      stop()
    },
  },
  {
    promise: 5,
    name: 'timers of one length fire in the order in which they were set',
    async run({ clock, advance }) {
      const fired: number[] = []
      const count = 60
      for (let n = 0; n < count; n++) {
        clock.timer(STEP_MS / 4, () => void fired.push(n))
        await advance(n % 3 === 0 ? 1 : 0)
      }
      for (let turn = 0; turn < 100 && fired.length < count; turn++) await advance(STEP_MS)
      assert.deepEqual(fired, [...Array(count).keys()])
    },
  },
]
