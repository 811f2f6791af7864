import { chart, createGate, terminal } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, records, signal, stage } from './stage.ts'

interface Context {
  readonly signal: AbortSignal
  readonly stepKey: string
}
interface Deps {
  run(step: string, context: Context): unknown
  undo(step: string, output: unknown): unknown
}

const rail = chart('rail', { version: 1 })
  .deps<Deps>()
  .phase('west', { initial: true })
  .phase('east')
  .flip('shunt', (f) =>
    f
      .from('west')
      .to('east')
      .step('couple', {
        run: async (c) => {
          await c.deps.run('couple', c)
          return 'coupled'
        },
        compensate: ({ deps, output }) => deps.undo('couple', output),
      })
      .step('look', { run: (c) => c.deps.run('look', c) })
      .step('pull', { run: (c) => c.deps.run('pull', c), compensate: ({ deps, output }) => deps.undo('pull', output) }),
  )
  .flip('scrap', (f) =>
    f
      .from('west')
      .to('east')
      .step('cut', { run: (c) => c.deps.run('cut', c), irreversible: true, retry: { base: 0 } })
      .step('melt', { run: (c) => c.deps.run('melt', c), retry: { base: 0 } }),
  )
  .flip('return', (f) => f.from('east').to('west'))
  .build()

const kim = { id: 'kim' }
const order = { actor: kim, reason: 'mended by hand' }

function open(changes: Partial<Deps> = {}, on = stage()) {
  const deps: Deps = { run: () => undefined, undo: () => undefined, ...changes }
  const gate = createGate(rail, { ...on, deps, random: () => 0.5 })
  return { ...on, gate, rail: gate.subject('rail-1') }
}

/** A step that fails as long as `broken` says so. */
function failing(step: string) {
  const state = { broken: true, tries: 0 }
  const run = (name: string): void => {
    if (name !== step) return
    state.tries += 1
    if (state.broken) throw new Error(`${step} failed`)
  }
  return { state, run }
}

test('what is done, and what is in doubt, is undone in reverse; a step without an undo needs none', async () => {
  const undone: unknown[] = []
  const { rail } = open({ run: failing('pull').run, undo: (...all) => void undone.push(all) })
  expect((await rail.safeFlip('shunt')).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(undone).toEqual([
    ['pull', undefined],
    ['couple', 'coupled'],
  ])
  const turned = (await records(rail)).find((record) => record.kind === 'turned')
  expect(turned).toMatchObject({ undo: ['pull', 'couple'], failure: { code: 'STEP_FAILED', step: 'pull' } })
  expect(await rail.phase()).toBe('west')
})

test('the error has the cause that the step threw, and each caller an error of their own', async () => {
  const { rail } = open({ run: failing('look').run })
  const asked = [rail.safeFlip('shunt', undefined, { key: 'k' }), rail.safeFlip('shunt', undefined, { key: 'k' })]
  const [one, two] = await Promise.all(asked)
  expect((one?.error?.cause as Error).message).toBe('look failed')
  expect(one?.error).not.toBe(two?.error)
})

test('an irreversible step that fails is tried again, and then stuck, never undone', async () => {
  const undone: unknown[] = []
  const { state, run } = failing('cut')
  const { rail, clock } = open({ run, undo: (step) => void undone.push(step) })
  const asked = rail.safeFlip('scrap')
  await clock.advance(1)
  expect((await asked).error).toMatchObject({
    code: 'FLIP_STUCK',
    facts: { failure: { step: 'cut', code: 'STEP_FAILED' } },
  })
  expect([state.tries, undone]).toEqual([5, []])
  expect((await rail.safeFlip('shunt')).error).toMatchObject({ code: 'FLIP_BUSY', facts: { stuck: true } })
})

test('a terminal failure is not tried again, neither of a step nor of an undo', async () => {
  const tried: string[] = []
  const give = (what: string) => (): never => {
    tried.push(what)
    throw terminal(new Error('hopeless'))
  }
  const { rail } = open({ run: give('run') })
  expect((await rail.safeFlip('scrap')).error).toMatchObject({
    code: 'FLIP_STUCK',
    facts: { failure: { terminal: true } },
  })
  expect(tried).toEqual(['run'])
  const other = open({ run: failing('pull').run, undo: give('undo') }).rail
  expect((await other.safeFlip('shunt')).error).toMatchObject({
    code: 'FLIP_STUCK',
    facts: { failure: { terminal: true } },
  })
  expect(tried).toEqual(['run', 'undo'])
})

async function stuck() {
  const { state, run } = failing('melt')
  const opened = open({ run })
  const asked = opened.rail.safeFlip('scrap', undefined, { key: 'k' })
  await opened.clock.advance(1)
  const { flipId } = (await asked).error?.facts as { flipId: string }
  return { ...opened, flipId, state }
}

test('a stuck flip is retried once its cause is mended; who and why is recorded first', async () => {
  const { rail, flipId, state } = await stuck()
  state.broken = false
  expect(await rail.resolve(flipId, 'retry', order)).toMatchObject({
    subject: 'rail-1',
    flipId,
    flip: 'scrap',
    outcome: 'committed',
  })
  expect(await rail.phase()).toBe('east')
  const after = (await records(rail)).slice(3)
  expect(after).toMatchObject([
    { kind: 'resolved', how: 'retry', ...order },
    { kind: 'stepped' },
    { kind: 'committed' },
  ])
  expect(await rail.flip('scrap', undefined, { key: 'k' })).toMatchObject({ flipId, replayed: true })
})

test('a retry that fails again is stuck again, and says so', async () => {
  const { rail, flipId, clock } = await stuck()
  const resolving = rail.resolve(flipId, 'retry', order)
  await clock.advance(1)
  expect(await resolving).toMatchObject({ outcome: 'stuck', failure: { step: 'melt' } })
  expect((await rail.state()).flip?.id).toBe(flipId)
})

test('a stuck step can be skipped, as if it had been done', async () => {
  const { rail, flipId, state } = await stuck()
  const before = state.tries
  expect(await rail.resolve(flipId, 'skip', order)).toMatchObject({ outcome: 'committed' })
  expect(state.tries).toBe(before)
  expect((await records(rail)).at(-2)).toMatchObject({ kind: 'resolved', how: 'skip', ...order })
})

test.each([
  [undefined, 'east', 'committed'],
  ['east', 'east', 'committed'],
  ['west', 'west', 'rolledBack'],
] as const)('a stuck flip can be forced to end in %s', async (phase, found, outcome) => {
  const { rail, flipId } = await stuck()
  expect(await rail.resolve(flipId, 'force', { ...order, phase })).toMatchObject({ outcome })
  expect(await rail.phase()).toBe(found)
  expect((await records(rail)).slice(-2)).toMatchObject([
    { kind: 'resolved', how: 'force', ...order },
    { kind: outcome },
  ])
})

test('an undo that is skipped lets the flip roll back', async () => {
  const undo = (step: string): void => {
    if (step === 'couple') throw new Error('rusty')
  }
  const { rail, clock } = open({ run: failing('pull').run, undo })
  const asked = rail.safeFlip('shunt')
  await clock.advance(10_000)
  const { flipId, failure } = (await asked).error?.facts as { flipId: string; failure: object }
  expect(failure).toMatchObject({ code: 'UNDO_FAILED', message: 'rusty', step: 'couple' })
  expect(await rail.resolve(flipId, 'skip', order)).toMatchObject({
    outcome: 'rolledBack',
    failure: { code: 'STEP_FAILED' },
  })
  expect(await rail.phase()).toBe('west')
})

test('only a stuck flip can be resolved, and only one that there is', async () => {
  const done = signal()
  const { rail, clock } = open({ run: () => done.promise })
  await expect(rail.resolve('nope', 'retry', order)).rejects.toMatchObject({
    code: 'FLIP_NOT_FOUND',
    facts: { flipId: 'nope', running: undefined },
  })
  await expect(rail.cancel('nope', { reason: 'because' })).rejects.toMatchObject({ code: 'FLIP_NOT_FOUND' })
  const asked = rail.flip('shunt')
  await clock.advance(0)
  const { flip } = await rail.state()
  await expect(rail.resolve(flip?.id ?? '', 'retry', order)).rejects.toMatchObject({ code: 'FLIP_NOT_STUCK' })
  done.resolve()
  await asked
  expect(await kinds(rail)).not.toContain('resolved')
})

test('the operator who resolves may sit at another process', async () => {
  const { flipId, journal, clock, lock } = await stuck()
  const { rail } = open({}, { journal, clock, lock })
  expect(await isPending(clock, rail.resolve(flipId, 'retry', order))).toBe(false)
  expect(await rail.phase()).toBe('east')
})

test('two operators at once: one order counts, the other finds no stuck flip', async () => {
  const { rail, flipId } = await stuck()
  const both = await Promise.allSettled([rail.resolve(flipId, 'skip', order), rail.resolve(flipId, 'skip', order)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await kinds(rail)).filter((kind) => kind === 'resolved')).toHaveLength(1)
})
