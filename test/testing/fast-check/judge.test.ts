import { createGate, type FlipState, type JournalRecord, memoryJournal } from 'phasegate'
import { beforeAll, describe, expect, test } from 'vitest'
import { chart } from '../../../src/chart/index.ts'
import { origin } from '../../../src/flip/index.ts'
import { type Left, problemsOf } from '../../../src/testing/fast-check/judge.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { records } from '../../gate/stage.ts'

const valve = chart('valve', { version: 1 })
  .phase('open', { initial: true })
  .phase('shut')
  .flip('shut', (f) =>
    f
      .from('open')
      .to('shut')
      .step('turn', { run: () => null, compensate: () => null }),
  )
  .flip('open', (f) => f.from('shut').to('open'))
  .build()

/** What is left by `shut`, and then `open`. */
let left: Left
beforeAll(async () => {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const subject = createGate(valve, { journal, clock }).subject('cold')
  await subject.flip('shut')
  await subject.flip('open')
  const head = await journal.read({ chart: 'valve', id: 'cold' })
  left = { chart: valve, head: head ?? origin(valve, 'open'), history: await records(subject), calls: [], told: [] }
})

/** The history with one record changed. */
function changed(kind: JournalRecord['kind'], nth: number, change: object): readonly JournalRecord[] {
  const found = left.history.filter((record) => record.kind === kind)[nth]
  return left.history.map((record) => (record === found ? { ...record, ...change } : record))
}

describe('what a run has left', () => {
  test('holds as the library leaves it', () => {
    expect(left.history.map(({ kind }) => kind)).toEqual([
      'requested',
      'stepped',
      'committed',
      'requested',
      'committed',
    ])
    expect(problemsOf(left)).toEqual([])
  })

  test('does not hold when a flip leads where it does not', () => {
    const history = changed('committed', 1, { to: 'shut' })
    expect(problemsOf({ ...left, history })).toContain('record 5: "open" leads from "shut" to "shut"')
  })

  test('does not hold when two flips go on at once', () => {
    const history = left.history.filter(({ n }) => n !== 3)
    expect(problemsOf({ ...left, history })).toContain('record 4: "open" begins while another flip goes on')
  })

  test('does not hold when the head is not what the history comes to', () => {
    const said = ['the head, in "shut" at 5, is not what its history comes to: "open"']
    expect(problemsOf({ ...left, head: { ...left.head, phase: 'shut' } })).toEqual(said)
    expect(problemsOf({ ...left, head: { ...left.head, epoch: 9 } })).toHaveLength(1)
    expect(problemsOf({ ...left, head: { ...left.head, timers: [{ flip: 'open', at: 1 }] } })).toHaveLength(1)
    expect(problemsOf({ ...left, head: { ...left.head, flip: {} as FlipState } })).toHaveLength(1)
  })

  test('does not hold when a step that began was not undone after it', () => {
    const flipId = 'f-1'
    const at = { at: left.head.since, epoch: 1, flipId, flip: 'shut', from: 'open', to: 'shut' }
    const turned = { n: 6, kind: 'rolledBack', failure: { code: 'STEP_FAILED', message: '' }, ...at } as JournalRecord
    const call = (kind: 'step' | 'undo', ended: 'returned' | 'threw' | undefined) =>
      ({ part: { kind, flip: 'shut', name: 'turn' }, flipId, stepKey: 'k', epoch: 1, ended }) as const
    const undone = (...calls: Left['calls']): readonly string[] =>
      problemsOf({ ...left, history: [...left.history, turned], calls }).filter((problem) => problem.includes('undo'))
    const never = ['flip "shut" was rolled back; its step "turn" began, and its undo was never done']
    expect(undone()).toEqual([])
    expect(undone(call('step', 'returned'), call('undo', 'returned'))).toEqual([])
    expect(undone(call('step', undefined))).toEqual(never)
    expect(undone(call('step', 'threw'), call('undo', 'threw'))).toEqual(never)
    expect(undone(call('undo', 'returned'), call('step', 'returned'))).toEqual(never)
  })

  test('does not hold when one key was answered by two flips, or somebody was told of what never was', () => {
    const answer = (flipId: string, to: string) => ({ success: true, data: { flipId, to } }) as const
    const [first, second] = left.history.flatMap((record) => (record.kind === 'committed' ? [record.flipId] : []))
    const told = [
      { key: 'a', answer: answer(first ?? '', 'shut') },
      { key: undefined, answer: answer(second ?? '', 'open') },
    ]
    expect(problemsOf({ ...left, told })).toEqual([])
    expect(problemsOf({ ...left, told: [...told, { key: 'a', answer: answer(second ?? '', 'open') }] })).toEqual([
      `key "a" was answered by two flips: ${first} and ${second}`,
    ])
    expect(problemsOf({ ...left, told: [{ key: undefined, answer: answer('f-9', 'shut') }] })).toEqual([
      'a caller was told of "shut" by f-9, and no such flip has committed',
    ])
  })
})
