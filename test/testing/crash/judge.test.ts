import { expect, test } from 'vitest'
import type { FlipState, Head } from '../../../src/index.ts'
import { flipOf, headOf } from '../../../src/testing/contracts/journal-samples.ts'
import { problemsOf } from '../../../src/testing/crash/judge.ts'
import type { Seen, SeenCall } from '../../../src/testing/crash/trial.ts'
import { server } from '../simulate/sample.ts'

const flip = server.flips.get('drain') ?? expect.fail('there is a flip drain')
const calm = { before: 0, after: 1 }

const call = (kind: SeenCall['part']['kind'], name: string, how: Partial<SeenCall> = {}): SeenCall => ({
  part: { kind, flip: 'drain', name },
  process: 'owner',
  flipId: 'f',
  stepKey: `f:${name}`,
  epoch: 1,
  ended: 'returned',
  ...how,
})

const seen = (phase: string, how: Partial<Seen> & { readonly flip?: FlipState } = {}): Seen => {
  const head: Head = headOf(3, 1, { phase, flip: how.flip })
  const history = phase === 'serving' ? [{ n: 3, at: 0, epoch: 1, kind: 'rolledBack' } as Seen['history'][number]] : []
  const rest = { calls: [], answer: undefined, broken: [], moments: [], story: [] }
  return { head, history, before: 0, after: phase === 'draining' ? 1 : 0, ...rest, ...how }
}

const problems = (one: Seen, spec = flip): readonly string[] => problemsOf(one, { flip: spec, from: 'serving', calm })

test('nothing is wrong with a flip that ends where it leads, or where it began with all undone', () => {
  expect(problems(seen('draining'))).toEqual([])
  expect(problems(seen('serving', { calls: [call('step', 'cordon'), call('undo', 'cordon')] }))).toEqual([])
})

test('a flip that is stuck, in progress, or ended elsewhere has not settled', () => {
  const stuck = { type: 'stuck', doing: 'undo', step: 'cordon', then: { type: 'forward' } } as const
  const failure = { code: 'UNDO_FAILED', message: 'no route' } as const
  expect(problems(seen('draining', { flip: flipOf({ course: { ...stuck, failure } }) }))).toEqual([
    'flip "drain" is stuck in "cordon": UNDO_FAILED, no route',
  ])
  expect(problems(seen('draining', { flip: flipOf() }))).toEqual([
    'flip "drain" is still in progress, and nobody goes on with it',
  ])
  expect(problems(seen('stopped'))).toContain('the subject is in "stopped", neither in "serving" nor in "draining"')
})

test('a step that began and was not undone is told, in doubt or done', () => {
  const told = ['step "cordon" began, and its undo was never done']
  expect(problems(seen('serving', { calls: [call('step', 'cordon', { ended: undefined })] }))).toEqual(told)
  const early = [call('undo', 'cordon'), call('step', 'cordon')]
  expect(problems(seen('serving', { calls: early }))).toEqual(told)
  const failed = [call('step', 'cordon'), call('undo', 'cordon', { ended: 'threw' })]
  expect(problems(seen('serving', { calls: failed }))).toEqual(told)
})

test('what a late owner begins after a newer one has undone it is for the outside to refuse', () => {
  const calls = [call('step', 'cordon'), call('undo', 'cordon', { epoch: 2 }), call('step', 'cordon')]
  expect(problems(seen('serving', { calls }))).toEqual([])
})

test('a step that runs at most once and ran twice is told', () => {
  const [first, ...rest] = flip.steps
  if (first === undefined || first.atomic) return expect.fail('the first step is an effect')
  const once = { ...flip, steps: [{ ...first, once: true }, ...rest] }
  const calls = [call('step', 'cordon'), call('step', 'cordon')]
  expect(problems(seen('draining', { calls }), once)).toEqual(['step "cordon" runs at most once, and ran again'])
  expect(problems(seen('draining', { calls }))).toEqual([])
})

test('a caller who was told of another outcome is told to be misled', () => {
  const committed = { success: true, data: {} } as Seen['answer']
  expect(problems(seen('serving', { answer: committed }))).toEqual([
    'the caller was told that "drain" is committed, and the subject is in "serving"',
  ])
  const back = { success: false, error: { code: 'FLIP_ROLLED_BACK' } } as Seen['answer']
  expect(problems(seen('draining', { answer: back }))).toEqual([
    'the caller was told that "drain" was rolled back, and the subject is in "draining"',
  ])
})

test('an outside that is neither as before nor as after is told, with what was expected', () => {
  expect(problems(seen('draining', { after: 2 }))).toEqual([
    'in "draining" what observe sees is 2; an undisturbed flip leaves 1',
  ])
  expect(problems(seen('serving', { after: new Map([['a', new Set([1])]]) }))).toEqual([
    'in "serving" what observe sees is {"a":[1]}; it was 0 before',
  ])
})
