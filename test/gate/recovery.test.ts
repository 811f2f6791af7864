import { chart, createGate, type Journal } from 'phasegate'
import { expect, test } from 'vitest'
import type { VirtualClock } from '../../src/testing/time/index.ts'
import { kinds, mortal, over, records, signal, stage } from './stage.ts'

interface Deps {
  run(step: string, epoch: number): unknown
  undo(step: string, output: unknown): unknown
}
type Shared = { readonly clock: VirtualClock; readonly journal: Journal }

const crane = chart('crane', { version: 1 })
  .deps<Deps>()
  .phase('low', { initial: true })
  .phase('high')
  .flip('lift', (f) =>
    f
      .from('low')
      .to('high')
      .step('hook', {
        run: ({ deps, epoch }) => deps.run('hook', epoch),
        compensate: ({ deps, output }) => deps.undo('hook', output),
      })
      .step('hoist', {
        run: ({ deps, epoch }) => deps.run('hoist', epoch),
        compensate: ({ deps, output }) => deps.undo('hoist', output),
      }),
  )
  .flip('drop', (f) =>
    f
      .from('low')
      .to('high')
      .step('cut', {
        run: ({ deps, epoch }) => deps.run('cut', epoch),
        compensate: ({ deps, output }) => deps.undo('cut', output),
        once: true,
      }),
  )
  .flip('swing', (f) =>
    f
      .from('low')
      .to('high')
      .recover('rollBack')
      .step('hook', {
        run: ({ deps, epoch }) => deps.run('hook', epoch),
        compensate: ({ deps, output }) => deps.undo('hook', output),
      }),
  )
  .flip('blast', (f) =>
    f
      .from('low')
      .to('high')
      .step('fire', { run: ({ deps, epoch }) => deps.run('fire', epoch), once: true, irreversible: true }),
  )
  .flip('lower', (f) => f.from('high').to('low'))
  .build()

function open(on: Shared, changes: Partial<Deps> = {}) {
  const deps: Deps = { run: () => undefined, undo: () => undefined, ...changes }
  const gate = createGate(crane, { ...on, deps, random: () => 0.5 })
  return { gate, crane: gate.subject('crane-1') }
}

/** An owner that dies in the middle of `step`. */
async function dead(shared: Shared, flip: 'lift' | 'drop' | 'swing' | 'blast', step: string) {
  const dying = mortal(shared.journal)
  const run = (name: string): unknown => (name === step ? new Promise(() => undefined) : `${name} done`)
  const owner = open({ ...shared, journal: dying.journal }, { run })
  void owner.crane.safeFlip(flip)
  await shared.clock.advance(0)
  dying.die()
}

test('the flip of a dead owner is adopted once its lease has run out, not before', async () => {
  const shared = stage()
  await dead(shared, 'lift', 'hoist')
  const ran: unknown[] = []
  const { gate, crane } = open(shared, { run: (...all) => void ran.push(all) })
  await shared.clock.advance(14_999)
  expect((await gate.recover()).adopted).toEqual([])
  await shared.clock.advance(1)
  const { adopted, skipped } = await gate.recover()
  expect(adopted).toMatchObject([{ subject: 'crane-1', flip: 'lift', outcome: 'committed' }])
  expect(skipped).toEqual([])
  expect(ran).toEqual([['hoist', 2]])
  expect((await records(crane))[2]).toMatchObject({ kind: 'adopted', epoch: 2, doubt: 'hoist', owner: gate.owner })
})

test('a step that runs at most once is undone, not run again, when its owner died in it', async () => {
  const shared = stage()
  await dead(shared, 'drop', 'cut')
  await shared.clock.advance(15_000)
  const log: unknown[] = []
  const { gate } = open(shared, { run: (step) => void log.push(step), undo: (...all) => void log.push(all) })
  const { adopted } = await gate.recover()
  expect(adopted).toMatchObject([{ outcome: 'rolledBack', failure: { code: 'IN_DOUBT', step: 'cut' } }])
  expect(log).toEqual([['cut', undefined]])
})

test('an irreversible step that runs at most once is left to a person when its owner died in it', async () => {
  const shared = stage()
  await dead(shared, 'blast', 'fire')
  await shared.clock.advance(15_000)
  const { gate, crane } = open(shared, { run: () => expect.fail('it ran again') })
  expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'stuck', failure: { code: 'IN_DOUBT' } }])
  await shared.clock.advance(60_000)
  expect((await gate.recover()).adopted).toEqual([])
  expect((await crane.state()).flip?.course.type).toBe('stuck')
})

test('a flip declared to roll back then is rolled back when it is adopted', async () => {
  const shared = stage()
  await dead(shared, 'swing', 'hook')
  await shared.clock.advance(15_000)
  const undone: unknown[] = []
  const { gate, crane } = open(shared, { undo: (...all) => void undone.push(all) })
  expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'rolledBack', failure: { code: 'OWNER_DIED' } }])
  expect(undone).toEqual([['hook', undefined]])
  expect(await kinds(crane)).toEqual(['requested', 'adopted', 'turned', 'undone', 'rolledBack'])
})

test('an undo that was interrupted is taken up where it was', async () => {
  const shared = stage()
  const dying = mortal(shared.journal)
  const fail = (step: string): unknown => {
    if (step === 'hoist') throw new Error('too heavy')
    return 'hooked'
  }
  const hang = (step: string): unknown => (step === 'hook' ? new Promise(() => undefined) : undefined)
  void open({ ...shared, journal: dying.journal }, { run: fail, undo: hang }).crane.safeFlip('lift')
  await shared.clock.advance(0)
  dying.die()
  await shared.clock.advance(15_000)
  const undone: unknown[] = []
  const { gate } = open(shared, { undo: (...all) => void undone.push(all) })
  expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'rolledBack', failure: { message: 'too heavy' } }])
  expect(undone).toEqual([['hook', 'hooked']])
})

test('an owner that was paused past its lease is fenced when it wakes, and says so', async () => {
  const shared = stage()
  const late = signal()
  const { clock: paused } = stage()
  const zombie = open({ journal: shared.journal, clock: paused }, { run: (_, epoch) => late.promise.then(() => epoch) })
  const lost: unknown[] = []
  zombie.gate.on('lease.lost', ({ flipId, epoch, error }) => lost.push({ flipId, epoch, code: error.code }))
  const asked = zombie.crane.safeFlip('lift')
  await shared.clock.advance(15_000)
  const { gate } = open(shared)
  const [flip] = (await gate.recover()).adopted
  late.resolve()
  expect((await asked).error?.code).toBe('FENCED')
  expect(lost).toEqual([{ flipId: flip?.flipId, epoch: 1, code: 'FENCED' }])
  expect(await kinds(zombie.crane)).toEqual(['requested', 'adopted', 'stepped', 'stepped', 'committed'])
})

test('an owner that cannot renew gives up before anybody may adopt: its signal aborts, its next effect is refused', async () => {
  const shared = stage()
  const deaf = over(shared.journal, { renew: () => Promise.reject(new Error('no network')) })
  const aborted: unknown[] = []
  const stubborn = chart('stubborn', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { final: true })
    .flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('effect', {
          run: async ({ signal: abort, assertHeld }) => {
            assertHeld()
            await new Promise((resolve) => abort.addEventListener('abort', resolve))
            aborted.push([shared.clock.monotonic(), (abort.reason as { code: string }).code])
            assertHeld()
          },
        }),
    )
    .build()
  const asked = createGate(stubborn, { ...shared, journal: deaf })
    .subject('s')
    .safeFlip('go')
  await shared.clock.advance(14_999)
  expect(aborted).toEqual([[10_000, 'LEASE_LOST']])
  expect((await asked).error).toMatchObject({ code: 'LEASE_LOST', facts: { epoch: 1 } })
})

test.each(['rejects', 'hangs'])(
  'a lease is given up at two thirds of its time to the moment, when renewing %s',
  async (how) => {
    const shared = stage()
    const renew = () =>
      how === 'hangs' ? new Promise<never>(() => undefined) : Promise.reject(new Error('no network'))
    const lost: number[] = []
    const owner = open(
      { ...shared, journal: over(shared.journal, { renew }) },
      { run: () => new Promise(() => undefined) },
    )
    owner.gate.on('lease.lost', () => lost.push(shared.clock.monotonic()))
    void owner.crane.safeFlip('lift')
    await shared.clock.advance(100)
    // Its lease begins between two heartbeats.
    void owner.gate.subject('crane-2').safeFlip('lift')
    await shared.clock.advance(12_000)
    expect(lost).toEqual([10_000, 10_100])
  },
)

test('a flip that lives long keeps its lease', async () => {
  const shared = stage()
  const done = signal()
  const asked = open(shared, { run: () => done.promise }).crane.flip('lift')
  await shared.clock.advance(29_000)
  const other = open(shared)
  expect((await other.gate.recover()).adopted).toEqual([])
  done.resolve()
  expect((await asked).epoch).toBe(1)
})

test('what another process has adopted meanwhile is left to it', async () => {
  const shared = stage()
  await dead(shared, 'lift', 'hoist')
  await shared.clock.advance(15_000)
  const slow = signal()
  const first = open(shared, { run: () => slow.promise })
  const late = over(shared.journal, {
    abandoned: async (chartName, limit, id) => {
      const found = await shared.journal.abandoned(chartName, limit, id)
      // Between the list and the look at this subject the first has taken over.
      if (id === undefined) void first.gate.recover()
      await shared.clock.advance(0)
      return found
    },
  })
  const second = open({ ...shared, journal: late }, { run: () => expect.fail('it was stolen') })
  expect((await second.gate.recover()).adopted).toEqual([])
  slow.resolve()
  await shared.clock.advance(0)
  expect((await kinds(first.crane)).filter((kind) => kind === 'adopted')).toHaveLength(1)
})

test('who waits for the flip of a dead owner, and adopts it, goes on as soon as it has ended', async () => {
  const shared = stage()
  await dead(shared, 'lift', 'hoist')
  const { crane } = open(shared)
  const lowered = crane.flip('lower', undefined, { wait: '1m' }).then(() => shared.clock.now())
  await shared.clock.advance(30_000)
  const adopted = (await records(crane)).find(({ kind }) => kind === 'adopted')
  expect((await lowered) - (adopted?.at ?? 0)).toBeLessThanOrEqual(20)
})
