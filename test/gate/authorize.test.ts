import {
  type Authorization,
  type Authorize,
  chart,
  createGate,
  deny,
  type FlipOptions,
  memoryJournal,
  type Subject,
} from 'phasegate'
import { expect, test } from 'vitest'
import { virtualClock } from '../../src/testing/time/index.ts'
import { kinds, records, signal } from './stage.ts'

const oven = chart('oven', { version: 1 })
  .deps<{ heat(): unknown; cool(): unknown }>()
  .phase('cold', { initial: true })
  .phase('hot')
  .phase('scrap', { final: true })
  .operators('chief')
  .flip('heat', (f) =>
    f
      .from('cold')
      .to('hot')
      .allow('cook')
      .step('fire', {
        run: ({ deps }) => deps.heat(),
        compensate: { run: ({ deps }) => deps.cool(), retry: { attempts: 1 } },
      }),
  )
  .flip('cool', (f) => f.from('hot').to('cold'))
  .flip('scrap', (f) => f.from('cold', 'hot').to('scrap').allowAnyone())
  .build()

const cook = { id: 'kim', roles: ['cook'] }
const chief = { id: 'cho', roles: ['chief', 'cook'] }
const reason = 'because'
const fine = (): void => undefined

function open(authorize: Authorize, options: { heat?: () => unknown; cool?: () => unknown; timeout?: '1s' } = {}) {
  const { heat = fine, cool = fine, timeout } = options
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const gate = createGate(oven, { clock, journal, authorize, authorizeTimeout: timeout, deps: { heat, cool } })
  return { clock, gate, oven: gate.subject('oven-1') }
}

test('it is asked for every act, with all that is known of it', async () => {
  const asked: Omit<Authorization, 'signal'>[] = []
  const jammed = (): never => {
    throw new Error('jammed')
  }
  const authorize = ({ signal, ...ask }: Authorization): boolean => {
    expect(signal.aborted).toBe(false)
    return asked.push(ask) > 0
  }
  const { oven } = open(authorize, { heat: jammed, cool: jammed })
  await oven.safeFlip('heat', undefined, { actor: cook })
  const flipId = (await oven.state()).flip?.id ?? ''
  await oven.resolve(flipId, 'force', { actor: chief, reason })
  await oven.force('hot', { actor: chief, reason })
  await oven.redact(1, { actor: chief, reason })
  await oven.prune({ actor: chief, reason, olderThan: 0 })
  await oven.force('cold', { actor: chief, reason })
  await oven.approve('heat', undefined, { actor: chief, reason })
  await oven.safeFlip('heat', undefined, { actor: cook, breakGlass: { actor: chief, reason } })
  await oven.force('cold', { actor: chief, reason })
  await oven.flip('scrap')
  const about = { chart: 'oven', subject: 'oven-1' }
  const nothing = { flip: undefined, flipId: undefined, from: undefined, to: undefined }
  const heat = { flip: 'heat', from: 'cold', to: 'hot' }
  expect(asked).toEqual([
    { act: 'flip', ...about, ...heat, flipId: undefined, actor: cook, reason: undefined },
    { act: 'resolve', ...about, ...heat, flipId, actor: chief, reason },
    { act: 'force', ...about, ...nothing, to: 'hot', actor: chief, reason },
    { act: 'redact', ...about, ...nothing, actor: chief, reason },
    { act: 'prune', ...about, ...nothing, actor: chief, reason },
    { act: 'force', ...about, ...nothing, to: 'cold', actor: chief, reason },
    { act: 'approve', ...about, ...heat, flipId: undefined, actor: chief, reason },
    { act: 'flip', ...about, ...heat, flipId: undefined, actor: cook, reason: undefined },
    { act: 'breakGlass', ...about, ...heat, flipId: undefined, actor: chief, reason },
    { act: 'force', ...about, ...nothing, to: 'cold', actor: chief, reason },
    { act: 'flip', ...about, ...nothing, flip: 'scrap', to: 'scrap', actor: undefined, reason: undefined },
  ])
})

test('it is asked for a cancel, and a no leaves the flip alone', async () => {
  const heated = signal()
  const { clock, oven } = open(({ act }) => act !== 'cancel' || deny('not while it heats'), {
    heat: () => heated.promise,
  })
  const heating = oven.flip('heat', undefined, { actor: cook })
  await clock.advance(0)
  const flipId = (await oven.state()).flip?.id ?? ''
  await expect(oven.cancel(flipId, { actor: cook, reason })).rejects.toMatchObject({
    code: 'UNAUTHORISED',
    message: 'to cancel flip "heat" of "oven-1" was not authorised for "kim": not while it heats',
    facts: { act: 'cancel', flip: 'heat', actor: 'kim', needs: [], reason: 'not while it heats' },
  })
  heated.resolve()
  expect((await heating).to).toBe('hot')
})

const never = new Promise<never>(() => undefined)

test.each<[string, () => unknown, string]>([
  ['false', () => false, 'it answered false, not true'],
  ['nothing', () => undefined, 'it answered undefined, not true'],
  ['null', () => null, 'it answered null, not true'],
  ['1', () => 1, 'it answered 1, not true'],
  ['"true"', () => 'true', 'it answered true, not true'],
  ['an object', () => ({ allowed: true }), 'it answered [object Object], not true'],
  ['a denial', () => deny('not on a Sunday'), 'not on a Sunday'],
  ['a promise of false', async () => false, 'it answered false, not true'],
  ['a promise of a denial', async () => deny('not on a Sunday'), 'not on a Sunday'],
  ['a function', () => () => true, 'it answered () => true, not true'],
  [
    'an error',
    () => {
      throw new Error('no directory')
    },
    'it threw: no directory',
  ],
  ['a rejection', () => Promise.reject(new Error('no directory')), 'it threw: no directory'],
  ['silence', () => never, 'it did not answer within 5s'],
])('%s is a no, with its reason, and is recorded', async (_, answer, because) => {
  const { clock, oven } = open(answer as Authorize)
  const asked = oven.safeFlip('heat', undefined, { actor: cook })
  await clock.advance(7_000)
  expect((await asked).error).toMatchObject({ code: 'UNAUTHORISED', facts: { reason: because, needs: [] } })
  expect(await records(oven)).toMatchObject([{ kind: 'denied', act: 'flip', flip: 'heat', actor: cook }])
})

test.each<[string, () => unknown]>([
  ['true', () => true],
  ['a promise of true', async () => true],
  ['a thenable of true', () => ({ then: (yes: (value: boolean) => void) => yes(true) })],
])('%s is a yes', async (_, answer) => {
  const { oven } = open(answer as Authorize)
  expect((await oven.flip('heat', undefined, { actor: cook })).to).toBe('hot')
})

test('it has as long as it is given, and is told when that is over', async () => {
  let given: AbortSignal | undefined
  const silent: Authorize = (ask) => {
    given = ask.signal
    return never
  }
  const { clock, oven } = open(silent, { timeout: '1s' })
  const asked = oven.safeFlip('heat', undefined, { actor: cook })
  await clock.advance(999)
  expect(given?.aborted).toBe(false)
  await clock.advance(1)
  expect(given?.aborted).toBe(true)
  await clock.advance(1_000)
  expect((await asked).error?.message).toContain('it did not answer within 1s')
})

test('roles and it must both say yes: it is not asked where roles say no, and cannot overrule them', async () => {
  let asked = 0
  const { oven } = open(() => ++asked > 0)
  expect((await oven.safeFlip('heat', undefined, { actor: { id: 'gus' } })).error?.facts).toMatchObject({
    needs: ['cook'],
  })
  await expect(oven.force('hot', { actor: cook, reason })).rejects.toMatchObject({ facts: { needs: ['chief'] } })
  expect(asked).toBe(0)
  expect((await open(() => false).oven.safeFlip('heat', undefined, { actor: cook })).error?.code).toBe('UNAUTHORISED')
})

test('in a chart without any roles it decides alone, for everything', async () => {
  const lamp = chart('lamp', { version: 1 })
    .phase('off', { initial: true })
    .flip('blink', (f) => f.from('off').to('off'))
    .build()
  const subject = createGate(lamp, { authorize: ({ actor }) => actor?.id === 'kim' }).subject('l')
  await subject.flip('blink', undefined, { actor: { id: 'kim' } })
  expect((await subject.safeFlip('blink')).error?.code).toBe('UNAUTHORISED')
  await subject.force('off', { actor: { id: 'kim' }, reason })
  await expect(subject.force('off', { actor: { id: 'gus' }, reason })).rejects.toMatchObject({ code: 'UNAUTHORISED' })
})

test('where no roles are declared for a flip it decides alone, and so it does for one that is for anyone', async () => {
  const says = open(() => true).oven
  await says.flip('heat', undefined, { actor: cook })
  expect((await says.flip('cool')).to).toBe('cold')
  expect((await open(() => false).oven.safeFlip('scrap')).error?.code).toBe('UNAUTHORISED')
})

test('it is asked before the input is looked at, the key is looked up, or a guard is asked', async () => {
  let says = true
  const { oven } = open(() => says)
  const options: FlipOptions = { actor: cook, key: 'k' }
  await oven.flip('heat', undefined, options)
  says = false
  expect((await oven.safeFlip('heat', undefined, options)).error?.code).toBe('UNAUTHORISED')
  expect((await oven.safeFlip('heat', 'no input' as never, options)).error?.code).toBe('UNAUTHORISED')
})

test('explain() tells its answer, and records nothing', async () => {
  const { oven } = open(({ actor }) => actor?.id !== 'kim' || deny('kim is on leave'))
  expect(await oven.explain('heat', undefined, { actor: cook })).toMatchObject({
    verdict: 'unauthorised',
    reason: 'flip "heat" of "oven-1" was not authorised for "kim": kim is on leave',
  })
  expect(await oven.explain('heat', undefined, { actor: chief })).toMatchObject({ verdict: 'would go' })
  expect(await kinds(oven)).toEqual([])
})

const order = { actor: chief, reason }

test.each<[string, (own: Subject) => Promise<unknown>]>([
  ['flip', (own) => own.flip('heat', undefined, { actor: cook })],
  ['explain', (own) => own.explain('heat', undefined, { actor: cook })],
  ['force', (own) => own.force('hot', order)],
  ['prune', (own) => own.prune({ ...order, olderThan: 0 })],
])('a %s of the same subject inside it is refused: it would ask itself', async (_, loop) => {
  const codes: unknown[] = []
  const { oven } = open(async () => {
    await loop(oven as Subject).catch((error: { code: string }) => codes.push(error.code))
    return true
  })
  await oven.flip('heat', undefined, { actor: cook })
  expect(codes).toEqual(['FLIP_REENTRANT'])
})

test('it may read the subject, and ask for flips of another', async () => {
  const phases: string[] = []
  const { gate, oven } = open(async ({ subject, act }) => {
    phases.push(`${act} ${subject} ${await gate.subject(subject).phase()}`)
    if (subject === 'oven-1') await gate.subject('oven-2').flip('heat', undefined, { actor: cook })
    return true
  })
  await oven.flip('heat', undefined, { actor: cook })
  expect(phases).toEqual(['flip oven-1 cold', 'flip oven-2 cold'])
})
