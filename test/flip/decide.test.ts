import { describe, expect, test } from 'vitest'
import { decide, type Request } from '../../src/flip/decide.ts'
import { origin } from '../../src/flip/evolve.ts'
import type { Head, Settled } from '../../src/ports/index.ts'
import { CHART, FAILURE, headAfter, requested } from './sample.ts'

const TABLE = { from: { go: 'to', leap: 'beyond' }, to: { 'go-back': 'from' } }
const KEY = { text: 'patch-81', fingerprint: 'x' }
const resting = origin(CHART, 'from')
const running = headAfter(requested({ key: KEY.text, fingerprint: KEY.fingerprint }))
const asked: Request = { flip: 'go', key: KEY, believed: undefined, timerAt: undefined }
const plainly: Request = { ...asked, key: undefined }

const ask = (head: Head, settled: Settled | undefined, request: Partial<Request> = {}): string =>
  decide(head, settled, { ...asked, ...request }, TABLE).type

function settled(outcome: Settled['outcome'], attempt = 1): Settled {
  const flip = { flipId: 'f1', flip: 'go', attempt, from: 'from', to: 'to', epoch: 1, at: 0 }
  return { key: KEY.text, fingerprint: KEY.fingerprint, ...flip, outcome }
}
const committed = settled({ type: 'committed', outputs: { a: 1 } })
const failedForGood = settled({ type: 'rolledBack', failure: { ...FAILURE, terminal: true } })
const failed = settled({ type: 'rolledBack', failure: FAILURE })
const overridden = settled({ type: 'overridden', phase: 'from' })

describe('a key', () => {
  test('that was never used goes, as attempt 1', () => {
    expect(decide(resting, undefined, asked, TABLE)).toEqual({ type: 'go', from: 'from', to: 'to', attempt: 1 })
  })

  test('that is running joins', () => {
    expect(decide(running, undefined, asked, TABLE)).toEqual({ type: 'join', running: running.flip })
  })

  test('that committed answers what is stored, wherever the subject is now', () => {
    expect(decide(resting, committed, asked, TABLE)).toEqual({ type: 'replay', settled: committed })
    expect(ask({ ...resting, phase: 'to' }, committed)).toBe('replay')
    expect(ask(headAfter(requested({ flipId: 'f2' })), committed)).toBe('replay')
  })

  test('that failed for good answers what is stored', () => {
    expect(ask(resting, failedForGood)).toBe('replay')
  })

  test('that was rolled back otherwise goes again, as the next attempt', () => {
    expect(decide(resting, failed, asked, TABLE)).toMatchObject({ type: 'go', attempt: 2 })
    expect(decide(resting, { ...failed, attempt: 4 }, asked, TABLE)).toMatchObject({ type: 'go', attempt: 5 })
  })

  test('whose flip an operator has overridden goes again', () => {
    expect(decide(resting, overridden, asked, TABLE)).toMatchObject({ type: 'go', attempt: 2 })
  })

  test.each([
    ['another flip', { flip: 'leap' }],
    ['another input', { key: { ...KEY, fingerprint: 'y' } }],
  ])('that was used for %s is a mismatch, always', (_what, request) => {
    expect(ask(running, undefined, request)).toBe('mismatch')
    for (const earlier of [committed, failedForGood, failed, overridden]) {
      expect(ask(resting, earlier, request)).toBe('mismatch')
    }
  })

  test('that runs again answers for the attempt that runs, not for the one that is stored', () => {
    expect(ask(running, failed)).toBe('join')
  })

  test('that is free waits like any other while another flip runs', () => {
    const other = headAfter(requested({ key: 'patch-82', fingerprint: 'x' }))
    expect(ask(other, undefined)).toBe('busy')
    expect(ask(other, failed)).toBe('busy')
  })
})

describe('without a key', () => {
  test('a flip in progress makes the subject busy, also for the same flip', () => {
    expect(decide(running, undefined, plainly, TABLE)).toEqual({ type: 'busy', running: running.flip })
  })

  test('a flip that the table does not know from here is illegal, and the answer names those it knows', () => {
    const illegal = { type: 'illegal', from: 'from', allowed: ['go', 'leap'] }
    expect(decide(resting, undefined, { ...plainly, flip: 'go-back' }, TABLE)).toEqual(illegal)
    const nowhere = { type: 'illegal', from: 'beyond', allowed: [] }
    expect(decide({ ...resting, phase: 'beyond' }, undefined, plainly, TABLE)).toEqual(nowhere)
  })

  test('a caller who believes in another phase is told where the subject is', () => {
    expect(decide(resting, undefined, { ...plainly, believed: 'to' }, TABLE)).toEqual({
      type: 'elsewhere',
      phase: 'from',
    })
    expect(ask(resting, undefined, { ...plainly, believed: 'from' })).toBe('go')
  })

  test('a timer goes once it has run out, and only for its own flip', () => {
    const timed = { ...resting, timers: [{ flip: 'go', at: 5_000 }] }
    expect(ask(timed, undefined, { ...plainly, timerAt: 4_999 })).toBe('early')
    expect(ask(timed, undefined, { ...plainly, timerAt: 5_000 })).toBe('go')
    expect(ask(timed, undefined, { ...plainly, flip: 'leap', timerAt: 5_000 })).toBe('early')
    expect(ask(resting, undefined, { ...plainly, timerAt: 5_000 })).toBe('early')
  })
})
