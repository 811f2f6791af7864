import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, records, signal, stage } from './stage.ts'

const first = chart('press', { version: 1 })
  .deps<{ run(): unknown }>()
  .phase('open', { initial: true })
  .phase('closed')
  .flip('close', (f) =>
    f
      .from('open')
      .to('closed')
      .step('push', { run: ({ deps }) => deps.run() }),
  )
  .flip('open', (f) => f.from('closed').to('open'))
  .build()

const second = chart('press', { version: 2, migrate: { 1: { closed: 'locked' } } })
  .phase('open', { initial: true })
  .phase('locked', { after: { '1h': 'unlock' } })
  .flip('lock', (f) => f.from('open').to('locked'))
  .flip('unlock', (f) => f.from('locked').to('open'))
  .build()

/** The first one changed, under the same version. */
const careless = chart('press', { version: 1 })
  .phase('open', { initial: true })
  .phase('closed')
  .flip('close', (f) => f.from('open').to('closed'))
  .flip('open', (f) => f.from('closed').to('open'))
  .build()

const order = { actor: { id: 'kim' }, reason: 'left over' }

async function withClosedPress() {
  const shared = stage()
  const old = createGate(first, { ...shared, deps: { run: () => undefined } })
  await old.subject('p').flip('close')
  return { ...shared, old }
}

test('a subject is moved to the new version where its phase is mapped, and the move is recorded', async () => {
  const { clock, journal } = await withClosedPress()
  const gate = createGate(second, { clock, journal })
  expect(await gate.subject('p').phase()).toBe('locked')
  const moved = (await records(gate.subject('p'))).at(-1)
  expect(moved).toMatchObject({
    kind: 'migrated',
    from: 'closed',
    phase: 'locked',
    previous: { version: 1, fingerprint: first.fingerprint },
    chart: { version: 2, fingerprint: second.fingerprint },
  })
  expect((await gate.subject('p').flip('unlock')).to).toBe('open')
  expect(await gate.stranded()).toEqual([])
})

test('the timers of a phase begin when a subject is moved into it', async () => {
  const { clock, journal } = await withClosedPress()
  const gate = createGate(second, { clock, journal })
  await gate.subject('p').phase()
  await clock.advance(3_600_000)
  expect((await gate.recover()).fired).toMatchObject([{ subject: 'p', flip: 'unlock', error: undefined }])
})

test('two processes that meet an old subject at once move it once', async () => {
  const { clock, journal } = await withClosedPress()
  const gates = [createGate(second, { clock, journal }), createGate(second, { clock, journal })]
  expect(await Promise.all(gates.map((gate) => gate.subject('p').phase()))).toEqual(['locked', 'locked'])
  expect((await kinds(gates[0]?.subject('p') ?? expect.fail())).filter((kind) => kind === 'migrated')).toHaveLength(1)
})

test('a subject in a phase that is not mapped is refused loudly, listed, and left as it was', async () => {
  const { clock, journal, old } = await withClosedPress()
  await old.subject('p').flip('open')
  await old.subject('q').flip('close')
  const gate = createGate(second, { clock, journal })
  const error = { code: 'CHART_VERSION', message: expect.stringContaining('declare migrate: { 1: { "open": … } }') }
  for (const touch of [
    () => gate.subject('p').phase(),
    () => gate.subject('p').flip('lock'),
    () => gate.subject('p').explain('lock'),
    () => gate.subject('p').at('open'),
  ])
    await expect(touch()).rejects.toMatchObject(error)
  expect((await gate.subject('p').safeFlip('lock')).error).toMatchObject(error)
  expect(() => gate.subject('p').admit('open')).toThrow(expect.objectContaining({ code: 'PHASE_UNKNOWN' }))
  expect(await gate.stranded()).toMatchObject([
    { subject: 'p', phase: 'open', version: 1, fingerprint: first.fingerprint, flip: undefined, error },
  ])
  expect((await kinds(old.subject('p'))).at(-1)).toBe('committed')
})

test('a chart that was changed under the same version is refused', async () => {
  const { clock, journal } = await withClosedPress()
  const gate = createGate(careless, { clock, journal })
  const message = expect.stringContaining('the chart was changed without raising its version')
  await expect(gate.subject('p').flip('open')).rejects.toMatchObject({ code: 'CHART_VERSION', message })
  expect(await gate.stranded()).toMatchObject([{ subject: 'p', version: 1 }])
})

test('a subject that was never written belongs to any version', async () => {
  const { clock, journal } = await withClosedPress()
  expect(await createGate(second, { clock, journal }).subject('new').phase()).toBe('open')
})

test('a flip in progress under the old version is not moved, nor adopted: the old version has to end it', async () => {
  const shared = stage()
  const done = signal()
  const old = createGate(first, { ...shared, deps: { run: () => done.promise } })
  const closing = old.subject('p').flip('close')
  await shared.clock.advance(0)
  const { clock, journal } = shared
  const gate = createGate(second, { clock, journal })
  const message = expect.stringContaining('flip "close" is in progress under the other version')
  await expect(gate.subject('p').phase()).rejects.toMatchObject({ code: 'CHART_VERSION', message })
  expect(await gate.stranded()).toMatchObject([{ subject: 'p', flip: 'close' }])
  done.resolve()
  await closing
  expect(await gate.subject('p').phase()).toBe('locked')
})

test('recovery skips what belongs to another version, and says so', async () => {
  const shared = stage()
  const old = createGate(first, { ...shared, deps: { run: () => new Promise(() => undefined) } })
  void old.subject('p').safeFlip('close')
  await shared.clock.advance(0)
  const closing = old.close({ within: 0 })
  await shared.clock.advance(15_000)
  await closing
  const { clock, journal } = shared
  const { skipped, adopted } = await createGate(second, { clock, journal }).recover()
  expect(adopted).toEqual([])
  expect(skipped).toMatchObject([{ subject: 'p', error: { code: 'CHART_VERSION' } }])
})

test('break-glass moves a stranded subject to a phase of this version', async () => {
  const { clock, journal, old } = await withClosedPress()
  await old.subject('p').flip('open')
  const gate = createGate(second, { clock, journal })
  await gate.subject('p').force('open', order)
  expect(await gate.subject('p').phase()).toBe('open')
  expect(await gate.stranded()).toEqual([])
  await expect(old.subject('p').phase()).rejects.toMatchObject({ code: 'CHART_VERSION' })
})

test('the old version is fenced off once the new one has moved the subject', async () => {
  const { clock, journal, old } = await withClosedPress()
  await createGate(second, { clock, journal }).subject('p').phase()
  const opening = old.subject('p').safeFlip('open')
  expect(await isPending(clock, opening)).toBe(false)
  expect((await opening).error?.code).toBe('CHART_VERSION')
})
