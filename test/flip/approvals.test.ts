import { describe, expect, test } from 'vitest'
import { approvalsFor, hasRoomFor, MOST_APPROVALS } from '../../src/flip/approvals.ts'
import { evolve } from '../../src/flip/evolve.ts'
import type { Body, Head, JournalRecord } from '../../src/ports/index.ts'
import { CHART, FAILURE, headAfter, requested } from './sample.ts'

type Approved = Extract<Body, { kind: 'approved' }>

function approved(actor: string, how: Partial<Approved> = {}): Approved {
  const until = { flip: 'go', fingerprint: 'f', until: 5_000 }
  return { kind: 'approved', ...until, reason: 'seen it', actor: { id: actor }, ...how }
}

/** The head after one more record, at a wall time of its own. */
function later(head: Head, at: number, body: Body): Head {
  return evolve(head, { n: head.version + 1, at, epoch: head.epoch, ...body } as JournalRecord)
}

const who = (head: Head): readonly string[] | undefined => head.approvals?.map(({ actor }) => actor.id)

describe('approvals in the head', () => {
  test('are kept with what they are for, without their reason', () => {
    expect(headAfter(approved('kim')).approvals).toEqual([
      { flip: 'go', fingerprint: 'f', actor: { id: 'kim' }, at: 1_000, until: 5_000 },
    ])
  })

  test('the later one of an actor replaces the earlier of the same flip and input, and no other', () => {
    const head = headAfter(approved('kim'), approved('lee'), approved('kim', { until: 9_000 }))
    expect(head.approvals).toMatchObject([{ actor: { id: 'lee' } }, { actor: { id: 'kim' }, until: 9_000 }])
    const others = headAfter(approved('kim'), approved('kim', { fingerprint: 'g' }), approved('kim', { flip: 'stop' }))
    expect(others.approvals).toHaveLength(3)
  })

  test('ids are compared exactly', () => {
    expect(who(headAfter(approved('kim'), approved('Kim'), approved('kim ')))).toEqual(['kim', 'Kim', 'kim '])
  })

  test('one that has run out is dropped when the next is written, and at no other time', () => {
    const head = headAfter(approved('kim', { until: 2_000 }))
    expect(who(later(head, 2_000, approved('lee')))).toEqual(['lee'])
    expect(who(later(head, 1_999, approved('lee')))).toEqual(['kim', 'lee'])
    const denied = {
      act: 'flip',
      flip: 'go',
      actor: undefined,
      by: 'guard',
      guard: 'g',
      reason: 'no',
      repeats: 0,
    } as const
    expect(who(later(head, 2_000, { kind: 'denied', ...denied }))).toEqual(['kim'])
  })

  test('are used up when their flip is requested, those of other flips are not', () => {
    const head = headAfter(approved('kim'), approved('lee', { fingerprint: 'g' }), approved('max', { flip: 'stop' }))
    expect(who(later(head, 1_500, requested({ flip: 'go' })))).toEqual(['max'])
    expect(later(headAfter(approved('kim')), 1_500, requested({ flip: 'go' })).approvals).toBeUndefined()
  })

  test('outlive the flips of others, also one that is in progress while they are given', () => {
    const asked = headAfter(requested({ flip: 'stop' }), approved('kim'))
    expect(asked.flip?.flip).toBe('stop')
    const ended = { kind: 'committed', flipId: 'f1', flip: 'stop', from: 'from', to: 'to', timers: [] } as const
    expect(who(later(asked, 1_500, ended))).toEqual(['kim'])
    const back = { kind: 'rolledBack', flipId: 'f1', flip: 'stop', from: 'from', to: 'to', failure: FAILURE } as const
    expect(who(later(asked, 1_500, back))).toEqual(['kim'])
  })

  test('do not outlive a subject that was forced elsewhere, or moved to another version of the chart', () => {
    const into = { phase: 'to', from: 'from', chart: CHART, timers: [] }
    const forced = { kind: 'forced', ...into, actor: { id: 'kim' }, reason: 'r', overridden: undefined } as const
    const migrated = { kind: 'migrated', ...into, previous: CHART } as const
    expect(headAfter(approved('kim'), forced).approvals).toBeUndefined()
    expect(headAfter(approved('kim'), migrated).approvals).toBeUndefined()
  })

  test('are limited in number: one more has room when another of the same actor, or one that ran out, makes it', () => {
    const many = Array.from({ length: MOST_APPROVALS }, (_, index) => approved(`a${index}`, { until: 3_000 + index }))
    const { approvals } = headAfter(...many)
    const one = { flip: 'go', fingerprint: 'f', at: 2_999 }
    expect(hasRoomFor(approvals, { ...one, actor: { id: 'kim' } })).toBe(false)
    expect(hasRoomFor(approvals, { ...one, actor: { id: 'a7' } })).toBe(true)
    expect(hasRoomFor(approvals, { ...one, at: 3_000, actor: { id: 'kim' } })).toBe(true)
  })
})

test('an approval whose payload was dropped is none', () => {
  const { kind } = approved('kim')
  const head = headAfter(approved('lee'))
  expect(evolve(head, { n: 2, at: 2_000, epoch: 1, kind } as JournalRecord)).toEqual({ ...head, version: 2 })
})

describe('the approvals that count', () => {
  const { approvals } = headAfter(
    approved('kim', { until: 2_000 }),
    approved('lee'),
    approved('max', { fingerprint: 'g' }),
    approved('pat', { flip: 'stop' }),
  )
  const counted = (flip: string, at: number) =>
    approvalsFor(approvals, { flip, at }, () => 'f').map(({ actor }) => actor.id)

  test('are those of this flip with this input that have not run out', () => {
    expect(counted('go', 1_999)).toEqual(['kim', 'lee'])
    expect(counted('go', 2_000)).toEqual(['lee'])
    expect(counted('stop', 2_000)).toEqual(['pat'])
    expect(counted('go', 5_000)).toEqual([])
  })

  test('cost no digest of the input where there are none', () => {
    const dear = (): never => expect.fail('it made a digest')
    expect(approvalsFor(undefined, { flip: 'go', at: 0 }, dear)).toEqual([])
    expect(approvalsFor(approvals, { flip: 'drain', at: 0 }, dear)).toEqual([])
  })
})

describe('rollbacks in the head', () => {
  const back = (flip: string): Body => {
    return { kind: 'rolledBack', flipId: 'f1', flip, from: 'from', to: 'to', failure: FAILURE }
  }

  test('are the last of each flip, the newest first', () => {
    const head = [back('a'), back('b'), back('a')].reduce((now, body, n) => later(now, 2_000 + n, body), headAfter())
    expect(head.rolledBack).toEqual([
      { flip: 'a', at: 2_002 },
      { flip: 'b', at: 2_001 },
    ])
  })

  test('outlive whatever comes after', () => {
    const into = { phase: 'to', from: 'from', chart: CHART, timers: [] }
    const forced = { kind: 'forced', ...into, actor: { id: 'kim' }, reason: 'r', overridden: undefined } as const
    const head = headAfter(requested(), back('go'), requested(), forced, { kind: 'migrated', ...into, previous: CHART })
    expect(head.rolledBack).toEqual([{ flip: 'go', at: 1_000 }])
  })
})
