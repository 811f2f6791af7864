import { describe, expect, test } from 'vitest'
import { evolve, origin } from '../../src/flip/evolve.ts'
import { adopt, awaits, isPastReturn, next, report, resolve, unfold } from '../../src/flip/protocol.ts'
import type { Body } from '../../src/ports/index.ts'
import { CHART, cancelled, FAILURE, flipAfter, headAfter, kinds, plan, requested, step, stepped } from './sample.ts'

const HERE = { at: 2_000, epoch: 1 }
const failed = { type: 'failed', failure: FAILURE, begun: true } as const
const run = { type: 'run', step: 'b' } as const
const transaction = plan({ steps: [step('a'), step('b', { atomic: true })] })
const point = plan({ steps: [step('a'), step('b', { irreversible: true, compensate: undefined })] })

describe('what must happen now', () => {
  test('a flip that was just requested runs its first step', () => {
    expect(next(flipAfter(requested()), plan())).toEqual({ type: 'run', step: 'a' })
  })

  test('a flip whose steps are done looks at its confirms, and without any commits', () => {
    const flip = flipAfter(requested(), stepped('a'), stepped('b'))
    expect(next(flip, plan({ confirms: ['quiet'] }))).toEqual({ type: 'confirm' })
    expect(next(flip, plan())).toMatchObject({ type: 'write', body: { kind: 'committed', to: 'to' } })
  })

  test('a step that runs at most once is written down before it runs', () => {
    const once = plan({ steps: [step('a', { once: true })] })
    const started: Body = { kind: 'started', flipId: 'f1', step: 'a' }
    expect(next(flipAfter(requested()), once)).toEqual({ type: 'write', body: started })
    expect(next(flipAfter(requested(), started), once)).toEqual({ type: 'run', step: 'a' })
  })

  test('a cancel turns the flip at its next checkpoint, and not past the point of no return', () => {
    const flip = flipAfter(requested(), stepped('a'), cancelled)
    expect(next(flip, plan())).toMatchObject({ body: { kind: 'turned', undo: ['a'], failure: { code: 'CANCELLED' } } })
    expect(next(flipAfter(requested(), cancelled, stepped('a'), stepped('b')), point)).toMatchObject({
      body: { kind: 'committed' },
    })
  })

  test('a stuck flip waits for a person', () => {
    const stuck: Body = { kind: 'stuck', flipId: 'f1', doing: 'undo', step: 'a', failure: FAILURE }
    expect(next(flipAfter(requested(), stuck), plan())).toEqual({ type: 'rest' })
  })
})

describe('what follows', () => {
  test('a step that failed turns the flip back over itself and all that was done, in reverse', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(report(flip, plan(), { type: 'run', step: 'b' }, failed)).toMatchObject({ kind: 'turned', undo: ['b', 'a'] })
  })

  test('a step that failed before it began needs no undo', () => {
    const flip = flipAfter(requested(), stepped('a'))
    const early = { ...failed, begun: false }
    expect(report(flip, plan(), { type: 'run', step: 'b' }, early)).toMatchObject({ kind: 'turned', undo: ['a'] })
  })

  test('a transaction that failed is no step to be undone, whatever is said of it', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(report(flip, transaction, run, failed)).toMatchObject({ kind: 'turned', undo: ['a'] })
    const atLast = plan({ steps: [step('a'), step('b', { atomic: true, irreversible: true, compensate: undefined })] })
    expect(report(flip, atLast, run, failed)).toMatchObject({ kind: 'turned', undo: ['a'] })
    expect(isPastReturn({ done: flip.done, doubt: 'b' }, atLast)).toBe(false)
    expect(isPastReturn(flipAfter(requested(), stepped('a'), stepped('b')), atLast)).toBe(true)
  })

  test('what has failed waits for its record only while it is still what must happen', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(awaits(flip, transaction, run)).toBe(true)
    expect(awaits(flip, transaction, { type: 'run', step: 'a' })).toBe(false)
    expect(awaits(flip, transaction, { type: 'undo', step: 'b' })).toBe(false)
    expect(awaits(flip, transaction, { type: 'confirm' })).toBe(false)
    expect(awaits(flipAfter(requested(), stepped('a'), cancelled), transaction, run)).toBe(false)
    const all = flipAfter(requested(), stepped('a'), stepped('b'))
    expect(awaits(all, plan({ confirms: ['quiet'] }), { type: 'confirm' })).toBe(true)
  })

  test('a step without an undo is passed over on the way back', () => {
    const bare = plan({ steps: [step('a', { compensate: undefined }), step('b')] })
    const flip = flipAfter(requested(), stepped('a'))
    expect(report(flip, bare, { type: 'run', step: 'b' }, failed)).toMatchObject({ kind: 'turned', undo: ['b'] })
  })

  test('past the point of no return a failure gets the flip stuck, not back', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(report(flip, point, { type: 'run', step: 'b' }, failed)).toMatchObject({
      kind: 'stuck',
      doing: 'run',
      step: 'b',
    })
  })

  test('an undo that failed gets the flip stuck, and a retry undoes that step again', () => {
    const turned: Body = { kind: 'turned', flipId: 'f1', failure: FAILURE, undo: ['b', 'a'] }
    const flip = flipAfter(requested(), stepped('a'), turned)
    const stuck = report(flip, plan(), { type: 'undo', step: 'b' }, failed)
    expect(stuck).toMatchObject({ kind: 'stuck', doing: 'undo', step: 'b' })
    expect(next(flipAfter(requested(), stepped('a'), turned, stuck, order('retry')), plan())).toEqual({
      type: 'undo',
      step: 'b',
    })
    expect(next(flipAfter(requested(), stepped('a'), turned, stuck, order('skip')), plan())).toEqual({
      type: 'undo',
      step: 'a',
    })
  })

  test('an operator who forces a stuck flip settles it in the phase he names', () => {
    const stuck = flipAfter(requested(), { kind: 'stuck', flipId: 'f1', doing: 'run', step: 'b', failure: FAILURE })
    expect(kinds(resolve(stuck, point, order('force'), 'to'))).toEqual(['resolved', 'committed'])
    // Whatever it was going back for is what it is said to have failed of.
    expect(resolve(stuck, point, order('force'), 'from')[1]).toMatchObject({ kind: 'rolledBack', failure: FAILURE })
  })

  function order(how: 'retry' | 'skip' | 'force'): Extract<Body, { kind: 'resolved' }> {
    return { kind: 'resolved', flipId: 'f1', how, actor: { id: 'kim' }, reason: 'seen to', owner: 'B', deadline: 0 }
  }
})

describe('an adoption', () => {
  test('goes on with the step that the dead owner may have begun, and holds it to be in doubt', () => {
    const adopted = adopt(flipAfter(requested(), stepped('a')), plan(), 'B')
    const actor = { id: 'system:recovery', roles: ['system'] }
    expect(adopted).toEqual([{ kind: 'adopted', flipId: 'f1', actor, owner: 'B', previous: 'A', doubt: 'b' }])
    expect(next(flipAfter(requested(), stepped('a'), ...adopted), plan())).toEqual({ type: 'run', step: 'b' })
  })

  test('holds no transaction to be in doubt: it goes on with it, or rolls back without it', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(adopt(flip, transaction, 'B')).toMatchObject([{ kind: 'adopted', doubt: undefined }])
    const back = adopt(flip, { ...transaction, recover: 'rollBack' }, 'B')
    expect(back).toMatchObject([
      { kind: 'adopted', doubt: undefined },
      { kind: 'turned', undo: ['a'], failure: { code: 'OWNER_DIED' } },
    ])
  })

  test('turns back where a step that runs at most once is in doubt, and goes on where it had not begun', () => {
    const once = plan({ steps: [step('a'), step('b', { once: true })] })
    const begun = flipAfter(requested(), stepped('a'), { kind: 'started', flipId: 'f1', step: 'b' })
    expect(adopt(begun, once, 'B')).toMatchObject([
      { kind: 'adopted' },
      { kind: 'turned', undo: ['b', 'a'], failure: { code: 'IN_DOUBT' } },
    ])
    expect(kinds(adopt(flipAfter(requested(), stepped('a')), once, 'B'))).toEqual(['adopted'])
  })

  test('rolls back what is to be rolled back when its owner dies, unless past the point of no return', () => {
    const flip = flipAfter(requested(), stepped('a'))
    expect(adopt(flip, plan({ recover: 'rollBack' }), 'B')[1]).toMatchObject({ kind: 'turned', undo: ['b', 'a'] })
    expect(kinds(adopt(flip, { ...point, recover: 'rollBack' }, 'B'))).toEqual(['adopted'])
  })

  test('of a flip that goes back goes on going back', () => {
    const back = [requested(), stepped('a'), { kind: 'turned', flipId: 'f1', failure: FAILURE, undo: ['a'] }] as const
    const adopted = adopt(flipAfter(...back), plan({ recover: 'rollBack' }), 'B')
    expect(kinds(adopted)).toEqual(['adopted'])
    expect(next(flipAfter(...back, ...adopted), plan())).toEqual({ type: 'undo', step: 'a' })
  })
})

describe('one append', () => {
  test('carries the commit with the last step, and what is stored against the key', () => {
    const head = headAfter(requested({ key: 'patch-81', fingerprint: 'x' }), stepped('a', 1))
    const { records, head: after, settled } = unfold(head, [stepped('b', 2)], plan(), HERE)
    expect(records.map(({ n, kind }) => `${n} ${kind}`)).toEqual(['3 stepped', '4 committed'])
    expect(after).toMatchObject({ version: 4, phase: 'to', since: 2_000, flip: undefined })
    expect(settled).toMatchObject({ key: 'patch-81', outcome: { type: 'committed', outputs: { a: 1, b: 2 } } })
  })

  test('carries the turn with the step during which a cancel was asked for', () => {
    const { records } = unfold(headAfter(requested(), cancelled), [stepped('a')], plan(), HERE)
    expect(kinds(records)).toEqual(['stepped', 'turned'])
  })

  test('carries the end with a turn that has nothing to undo', () => {
    const { records, head } = unfold(headAfter(requested(), cancelled), [], plan(), HERE)
    expect(kinds(records)).toEqual(['turned', 'rolledBack'])
    expect(head).toMatchObject({ phase: 'from', flip: undefined })
  })

  test('folds to the head that its records make', () => {
    const { records, head } = unfold(origin(CHART, 'from'), [requested(), stepped('a'), stepped('b')], plan(), HERE)
    expect(records.reduce(evolve, origin(CHART, 'from'))).toEqual(head)
  })

  test('sets the timers of the phase that it enters', () => {
    const entering = [{ flip: 'give-up', afterMs: 500 }]
    const { head } = unfold(headAfter(requested(), stepped('a')), [stepped('b')], plan({ entering }), HERE)
    expect(head.timers).toEqual([{ flip: 'give-up', at: 2_500 }])
  })
})
