import { chart, createGate, type FlipResult, type Journal, type PhasegateError } from 'phasegate'
import { phaseActor } from 'phasegate/xstate'
import { expect, test } from 'vitest'
import { type AnyActorRef, assign, createActor, type Snapshot, setup } from 'xstate'
import { kinds, mortal, records, signal, stage } from '../gate/stage.ts'

/** What the flip's step does outside, and when it may go on. */
interface World {
  readonly cordoned: string[]
  readonly uncordoned: string[]
  readonly mayGo: () => Promise<unknown>
  readonly mayBegin: () => Promise<boolean>
}

const server = chart('server', { version: 1 })
  .deps<World>()
  .phase('serving', { initial: true })
  .phase('draining')
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .guard('may begin', ({ deps }) => deps.mayBegin())
      .step('cordon', {
        run: async ({ deps, stepKey }) => {
          deps.cordoned.push(stepKey)
          await deps.mayGo()
          return { ticket: 81 }
        },
        compensate: ({ deps, stepKey }) => deps.uncordoned.push(stepKey),
      }),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .build()

type Shared = ReturnType<typeof stage>

function gateOf(shared: Shared, mayGo: World['mayGo'] = async () => undefined, journal: Journal = shared.journal) {
  const world: World = {
    cordoned: [],
    uncordoned: [],
    mayGo,
    mayBegin: async () => true,
  }
  const gate = createGate(server, { deps: world, ...shared, journal })
  return { gate, world, db: gate.subject('db-7') }
}

/** A parent that drains when it is told to, as often as it is. */
function parentOf(gate: ReturnType<typeof gateOf>['gate'], cancelOnStop = false) {
  return setup({
    types: {} as { context: { result?: FlipResult; error?: unknown }; events: { type: 'begin' } | { type: 'leave' } },
    actors: { db: phaseActor(gate, 'db-7', { cancelOnStop }) },
  }).createMachine({
    id: 'upgrade',
    initial: 'waiting',
    context: {},
    states: {
      waiting: { on: { begin: 'draining' } },
      draining: {
        invoke: {
          src: 'db',
          input: { flip: 'drain' },
          onDone: { target: 'drained', actions: assign({ result: ({ event }) => event.output }) },
          onError: { target: 'failed', actions: assign({ error: ({ event }) => event.error }) },
        },
        on: { leave: 'waiting' },
      },
      drained: { on: { begin: 'draining' } },
      failed: {},
    },
  })
}

/** As it comes back from a file or a table. */
function persisted(actor: { getPersistedSnapshot(): Snapshot<unknown> }): Snapshot<unknown> {
  return JSON.parse(JSON.stringify(actor.getPersistedSnapshot()))
}

function stateOf(actor: AnyActorRef): unknown {
  return actor.getSnapshot().value
}

test('a machine invokes a flip, and goes on with its result', async () => {
  const shared = stage()
  const { gate, db } = gateOf(shared)
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  expect(stateOf(parent)).toBe('drained')
  expect(parent.getSnapshot().context.result).toMatchObject({
    flip: 'drain',
    to: 'draining',
    outputs: { cordon: { ticket: 81 } },
    replayed: false,
  })
  expect(await db.phase()).toBe('draining')
})

test('what the flip is refused for is the error of its actor', async () => {
  const shared = stage()
  const { gate, db } = gateOf(shared)
  await db.flip('drain')
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  expect(stateOf(parent)).toBe('failed')
  expect(parent.getSnapshot().context.error).toMatchObject({ code: 'FLIP_ILLEGAL', facts: { allowed: ['restore'] } })
})

test('each invocation is a request of its own', async () => {
  const shared = stage()
  const { gate, db, world } = gateOf(shared)
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  await db.flip('restore')
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  expect(world.cordoned).toHaveLength(2)
  expect(await db.phase()).toBe('draining')
})

test('a key that is given is the key', async () => {
  const shared = stage()
  const { gate, db } = gateOf(shared)
  const ask = (): Promise<unknown> => {
    const actor = createActor(phaseActor(gate, 'db-7'), { input: { flip: 'drain', options: { key: 'patch-81' } } })
    const done = new Promise((resolve) => actor.subscribe({ complete: () => resolve(actor.getSnapshot().output) }))
    actor.start()
    return done
  }
  expect(await ask()).toMatchObject({ replayed: false })
  expect(await ask()).toMatchObject({ replayed: true })
  expect((await kinds(db)).filter((kind) => kind === 'requested')).toHaveLength(1)
})

test('a parent restored in another process while the flip goes on gets its outcome, and asks for no second one', async () => {
  const shared = stage()
  const gone = signal()
  const first = gateOf(shared, () => gone.promise)
  const parent = createActor(parentOf(first.gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  expect(first.world.cordoned).toHaveLength(1)

  const second = gateOf(shared)
  const restored = createActor(parentOf(second.gate), { snapshot: persisted(parent) }).start()
  await shared.clock.advance(1_000)
  expect(stateOf(restored)).toBe('draining')
  gone.resolve()
  await shared.clock.advance(2_000)
  expect(stateOf(restored)).toBe('drained')
  expect(restored.getSnapshot().context.result).toMatchObject({ outputs: { cordon: { ticket: 81 } } })
  expect(second.world.cordoned).toEqual([])
  expect(await kinds(second.db)).toEqual(['requested', 'stepped', 'committed'])
})

test('a parent restored after its process died in the flip takes the flip over: the same request, the same step key', async () => {
  const shared = stage()
  const doomed = mortal(shared.journal)
  const first = gateOf(shared, () => new Promise(() => undefined), doomed.journal)
  const parent = createActor(parentOf(first.gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  const snapshot = persisted(parent)
  doomed.die()

  const second = gateOf(shared)
  const restored = createActor(parentOf(second.gate), { snapshot }).start()
  await shared.clock.advance(60_000)
  expect(stateOf(restored)).toBe('drained')
  expect(await kinds(second.db)).toEqual(['requested', 'adopted', 'stepped', 'committed'])
  expect(second.world.cordoned).toEqual(first.world.cordoned)
})

test('a parent restored after the flip has committed gets the result that is stored', async () => {
  const shared = stage()
  const gone = signal()
  const first = gateOf(shared, () => gone.promise)
  const parent = createActor(parentOf(first.gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  const snapshot = persisted(parent)
  parent.stop()
  gone.resolve()
  await shared.clock.advance(0)
  expect(await first.db.phase()).toBe('draining')

  const second = gateOf(shared)
  const restored = createActor(parentOf(second.gate), { snapshot }).start()
  await shared.clock.advance(0)
  expect(restored.getSnapshot().context.result).toMatchObject({ replayed: true, outputs: { cordon: { ticket: 81 } } })
  expect(second.world.cordoned).toEqual([])
})

test('a parent restored twice, in one process, asks once', async () => {
  const shared = stage()
  const gone = signal()
  const { gate, db, world } = gateOf(shared, () => gone.promise)
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  const snapshot = persisted(parent)
  const twins = [1, 2].map(() => createActor(parentOf(gate), { snapshot }).start())
  await shared.clock.advance(0)
  gone.resolve()
  await shared.clock.advance(0)
  expect([parent, ...twins].map(stateOf)).toEqual(['drained', 'drained', 'drained'])
  expect(world.cordoned).toHaveLength(1)
  expect(await kinds(db)).toEqual(['requested', 'stepped', 'committed'])
})

test('an actor that has ended is not asked again when its parent is restored', async () => {
  const shared = stage()
  const { gate, db } = gateOf(shared)
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  const restored = createActor(parentOf(gate), { snapshot: persisted(parent) }).start()
  await db.flip('restore')
  await shared.clock.advance(0)
  expect(stateOf(restored)).toBe('drained')
  expect(await db.phase()).toBe('serving')
})

test('a flip goes on when its actor is stopped', async () => {
  const shared = stage()
  const gone = signal()
  const { gate, db } = gateOf(shared, () => gone.promise)
  const parent = createActor(parentOf(gate)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  parent.send({ type: 'leave' })
  gone.resolve()
  await shared.clock.advance(0)
  expect(stateOf(parent)).toBe('waiting')
  expect(await db.phase()).toBe('draining')
})

test('with cancelOnStop it is cancelled, and what it has done is undone', async () => {
  const shared = stage()
  const { gate, db, world } = gateOf(shared, () => new Promise(() => undefined))
  const parent = createActor(parentOf(gate, true)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  parent.send({ type: 'leave' })
  await shared.clock.advance(60_000)
  expect(await db.phase()).toBe('serving')
  expect(world.uncordoned).toEqual(world.cordoned.map((stepKey) => `${stepKey}:undo`))
  const cancel = (await records(db)).find(({ kind }) => kind === 'cancelRequested')
  expect(cancel).toMatchObject({ reason: 'its actor was stopped' })
})

test('with cancelOnStop it is cancelled also when its actor was stopped before it was recorded', async () => {
  const shared = stage()
  const { gate, db, world } = gateOf(shared, () => new Promise(() => undefined))
  const judged = signal<boolean>()
  Object.assign(world, { mayBegin: () => judged.promise })
  const parent = createActor(parentOf(gate, true)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  parent.send({ type: 'leave' })
  await shared.clock.advance(0)
  expect(await kinds(db)).toEqual([])
  judged.resolve(true)
  await shared.clock.advance(60_000)
  expect(await kinds(db)).toEqual(['requested', 'cancelRequested', 'turned', 'undone', 'rolledBack'])
})

test('with cancelOnStop a flip that has ended is left as it is', async () => {
  const shared = stage()
  const { gate, db } = gateOf(shared)
  const parent = createActor(parentOf(gate, true)).start()
  parent.send({ type: 'begin' })
  await shared.clock.advance(0)
  parent.stop()
  await shared.clock.advance(1_000)
  expect(await kinds(db)).toEqual(['requested', 'stepped', 'committed'])
})

test.each([
  ['no input', undefined],
  ['an option that there is not', { flip: 'drain', options: { keys: 'k' } }],
  ['what a request does not have', { flip: 'drain', when: 'now' }],
  ['an unknown flip', { flip: 'nap' }],
])('%s is the error of the actor', async (_, input) => {
  const shared = stage()
  const { gate } = gateOf(shared)
  const actor = createActor(phaseActor(gate, 'db-7'), { input: input as never })
  const error = new Promise<PhasegateError>((resolve) =>
    actor.subscribe({ error: (e) => resolve(e as PhasegateError) }),
  )
  actor.start()
  expect((await error).code).toMatch(/^(?:OPTION_INVALID|FLIP_UNKNOWN)$/)
})
