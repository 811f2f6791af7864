import { chart, createGate, terminal } from 'phasegate'
import { inspect, toMachine } from 'phasegate/xstate'
import { expect, test, vi } from 'vitest'
import { createActor, type InspectionEvent, type Snapshot } from 'xstate'
import { stage } from '../gate/stage.ts'
import { caught } from './caught.ts'

const valve = chart('valve', { version: 1 })
  .deps<{ isStuck: boolean }>()
  .phase('open', { initial: true })
  .phase('shut', { after: { '1h': 'open' } })
  .phase('gone', { final: true })
  .flip('shut', (f) =>
    f
      .from('open')
      .to('shut')
      .step('turn', { run: () => ({ secret: 'kept' }), compensate: () => undefined })
      .step('seal', {
        run: ({ deps }) => {
          if (deps.isStuck) throw terminal(new Error('it will not move'))
          return null
        },
      }),
  )
  .flip('open', (f) => f.from('shut').to('open'))
  .flip('remove', (f) => f.from('open', 'shut').to('gone'))
  .build()

/** What is seen by a watcher: what it is about, what happened, and the phase after it. */
interface Seen {
  readonly type: string
  readonly actor: string
  readonly event?: string
  readonly phase?: unknown
  readonly keys: readonly string[]
}

function seen(event: InspectionEvent): Seen {
  const { id } = event.actorRef as unknown as { readonly id: string }
  const snapshot = 'snapshot' in event ? (event.snapshot as Snapshot<unknown> & { value: unknown }) : undefined
  return {
    type: event.type,
    actor: id,
    ...('event' in event ? { event: event.event.type } : {}),
    ...(snapshot ? { phase: snapshot.value } : {}),
    keys: Object.keys(event).sort(),
  }
}

function open({ isStuck = false } = {}) {
  const shared = stage()
  const deps = { isStuck }
  const gate = createGate(valve, { deps, ...shared })
  const events: InspectionEvent[] = []
  const stop = inspect(gate, (event) => events.push(event))
  return { ...shared, deps, gate, events, stop, subject: gate.subject('cold') }
}

/** Without what happens on the way, and what XState does inside. */
function outline(events: readonly InspectionEvent[]): readonly Seen[] {
  return events
    .map(seen)
    .filter(({ type, event }) => /actor|event|snapshot/.test(type.slice('@xstate.'.length)) && !event?.includes(':'))
}

test('a gate tells of its subjects as XState tells of the machine of its chart', async () => {
  const { subject, events } = open()
  await subject.flip('shut')
  await subject.flip('open')
  await subject.flip('remove')

  const own: InspectionEvent[] = []
  const actor = createActor(toMachine(valve), { id: 'cold', inspect: (event) => void own.push(event) }).start()
  for (const type of ['shut', 'open', 'remove'] as const) actor.send({ type })
  expect(outline(events)).toEqual(outline(own))
  expect(outline(own).map(({ type, event, phase }) => [type, event, phase])).toEqual([
    ['@xstate.actor', undefined, undefined],
    ['@xstate.event', 'xstate.init', undefined],
    ['@xstate.snapshot', 'xstate.init', 'open'],
    ['@xstate.event', 'shut', undefined],
    ['@xstate.snapshot', 'shut', 'shut'],
    ['@xstate.event', 'open', undefined],
    ['@xstate.snapshot', 'open', 'open'],
    ['@xstate.event', 'remove', undefined],
    ['@xstate.snapshot', 'remove', 'gone'],
  ])
})

test('its snapshots and definitions are those of XState', async () => {
  const { subject, events } = open()
  await subject.flip('shut')
  const own: InspectionEvent[] = []
  createActor(toMachine(valve), { inspect: (event) => void own.push(event) })
    .start()
    .send({ type: 'shut' })
  const lastOf = (all: readonly InspectionEvent[]): unknown =>
    all
      .filter((event) => event.type === '@xstate.snapshot')
      .map(({ snapshot }) => JSON.parse(JSON.stringify(snapshot)))
      .at(-1)
  expect(lastOf(events)).toEqual(lastOf(own))
  const logic = (all: readonly InspectionEvent[]): unknown =>
    (all[0]?.actorRef as unknown as { readonly logic: { readonly config: unknown } }).logic.config
  expect(JSON.stringify(logic(events))).toBe(JSON.stringify(logic(own)))
})

test('what happens on the way is told by names and codes, and moves nothing', async () => {
  const { subject, events } = open({ isStuck: true })
  await subject.safeFlip('shut', undefined, { actor: { id: 'kim' } })
  await subject.safeFlip('open')
  const told = events.flatMap((event) => (event.type === '@xstate.event' ? [event.event] : []))
  expect(told).toEqual([
    { type: 'xstate.init', input: undefined },
    { type: 'shut:requested', flipId: expect.any(String), actor: 'kim', attempt: 1 },
    { type: 'shut:stepped', flipId: expect.any(String), step: 'turn' },
    { type: 'shut:turned', flipId: expect.any(String), code: 'STEP_FAILED', undo: ['turn'] },
    { type: 'shut:undone', flipId: expect.any(String), step: 'turn' },
    { type: 'shut:rolledBack', flipId: expect.any(String), code: 'STEP_FAILED' },
    { type: 'open:refused', code: 'FLIP_ILLEGAL' },
  ])
  expect(JSON.stringify(told)).not.toContain('kept')
  expect(
    events
      .map(seen)
      .filter(({ phase }) => phase !== undefined)
      .every(({ phase }) => phase === 'open'),
  ).toBe(true)
})

test('each subject is an actor of its own', async () => {
  const { gate, events } = open()
  await gate.subject('cold').flip('shut')
  await gate.subject('hot').flip('remove')
  const actors = events.filter(({ type }) => type === '@xstate.actor')
  expect(actors.map((event) => seen(event).actor)).toEqual(['cold', 'hot'])
  expect(new Set(actors.map(({ rootId }) => rootId)).size).toBe(2)
})

test('a subject that was moved elsewhere, or forced, begins anew where it is', async () => {
  const { gate, events, ...shared } = open()
  await gate.subject('cold').flip('shut')
  const other = createGate(valve, { deps: { isStuck: false }, journal: shared.journal, clock: shared.clock })
  await other.subject('cold').flip('open')
  await gate.subject('cold').flip('remove')
  await gate.subject('cold').force('shut', { actor: { id: 'kim' }, reason: 'put back' })
  const phases = events.flatMap((event) => {
    const { type, event: name, phase } = seen(event)
    return type === '@xstate.snapshot' && !name?.includes(':') ? [[name, phase]] : []
  })
  expect(phases).toEqual([
    ['xstate.init', 'open'],
    ['shut', 'shut'],
    ['xstate.stop', 'shut'],
    ['xstate.init', 'open'],
    ['remove', 'gone'],
    ['xstate.init', 'shut'],
  ])
})

test('it sets no timer of its own: those of a chart are its gate’s', async () => {
  const timeouts = vi.spyOn(globalThis, 'setTimeout')
  const { subject } = open()
  await subject.flip('shut')
  expect(timeouts.mock.calls.filter(([, ms]) => ms === 3_600_000)).toEqual([])
  timeouts.mockRestore()
})

test('it tells nothing any more once it was stopped', async () => {
  const { subject, events, stop, gate, clock } = open()
  await subject.flip('shut')
  await clock.advance(2 * 3_600_000)
  expect(await subject.phase()).toBe('shut')
  stop()
  const before = events.length
  await gate.recover()
  expect(await subject.phase()).toBe('open')
  expect(events).toHaveLength(before)
})

test('an observer that throws harms no flip', async () => {
  const { gate, subject } = open()
  const errors: unknown[] = []
  gate.on('error', ({ error }) => errors.push(error))
  inspect(gate, {
    next: () => {
      throw new Error('the page was closed')
    },
  })
  await subject.flip('shut')
  expect(await subject.phase()).toBe('shut')
  expect(errors.length).toBeGreaterThan(0)
})

test('what cannot be told is refused', () => {
  const { gate } = open()
  expect(caught('OPTION_INVALID', () => inspect(gate, 1 as never)).facts.option).toBe('observer')
  expect(caught('OPTION_INVALID', () => inspect(gate, {} as never)).facts.option).toBe('observer.next')
})
