import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { over, stage } from './stage.ts'

const tap = chart('tap', { version: 1 })
  .deps<{ run(): unknown }>()
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) =>
    f
      .from('shut')
      .to('open')
      .step('turn', { run: ({ deps }) => deps.run(), irreversible: true, retry: { attempts: 1 } }),
  )
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

function open(run: () => unknown = () => undefined) {
  const shared = stage()
  let writes = 0
  const journal = over(shared.journal, {
    append: (subject, append) => {
      writes += 1
      return shared.journal.append(subject, append)
    },
  })
  const gate = createGate(tap, { ...shared, journal, deps: { run } })
  return { ...shared, gate, tap: gate.subject('tap-1'), writes: () => writes }
}

const any = (value: unknown): never => value as never
const order = { actor: { id: 'kim' }, reason: 'leak' }
const invalid = (option: string) => ({ code: 'OPTION_INVALID', facts: { option } })

async function stuck() {
  const opened = open(() => Promise.reject(new Error('rusty')))
  const { error } = await opened.tap.safeFlip('open')
  return { ...opened, flipId: (error?.facts as { flipId: string }).flipId, before: opened.writes() }
}

test.each([
  ['cancel options', 'because'],
  ['cancel options.why', { reason: 'x', why: 'y' }],
  ['reason', undefined],
  ['reason', { reason: '' }],
  ['reason', { reason: 'x'.repeat(2_001) }],
  ['reason', { reason: 'half a \ud83d' }],
  ['actor.id', { reason: 'x', actor: { id: 7 } }],
])('a cancel refuses a wrong %s: %o', async (option, options) => {
  const { tap, flipId, writes, before } = await stuck()
  await expect(tap.cancel(flipId, any(options))).rejects.toMatchObject(invalid(option))
  expect(writes()).toBe(before)
})

test.each([
  ['how', 'undo', order],
  ['how', undefined, order],
  ['actor', 'skip', { reason: 'x' }],
  ['actor', 'skip', undefined],
  ['reason', 'skip', { actor: order.actor }],
  ['order.force', 'skip', { ...order, force: true }],
  ['phase', 'force', { ...order, phase: 'broken' }],
  ['phase', 'force', { ...order, phase: 7 }],
  ['phase', 'retry', { ...order, phase: 'broken' }],
])('a resolution refuses a wrong %s: %s, %o', async (option, how, options) => {
  const { tap, flipId, writes, before } = await stuck()
  await expect(tap.resolve(flipId, any(how), any(options))).rejects.toMatchObject(invalid(option))
  expect(writes()).toBe(before)
})

test.each([undefined, null, '', 7, 7n, {}, Symbol('f')])('no flip has the id %o', async (flipId) => {
  const { tap, writes, before } = await stuck()
  await expect(tap.cancel(any(flipId), { reason: 'x' })).rejects.toMatchObject({ code: 'FLIP_NOT_FOUND' })
  await expect(tap.resolve(any(flipId), 'retry', order)).rejects.toMatchObject({ code: 'FLIP_NOT_FOUND' })
  expect(writes()).toBe(before)
})

test.each([
  ['phase', 'broken', order],
  ['phase', undefined, order],
  ['phase', 'constructor', order],
  ['actor', 'open', undefined],
  ['order.why', 'open', { ...order, why: 'x' }],
])('break-glass refuses a wrong %s: %s, %o', async (option, phase, options) => {
  const { tap, writes } = open()
  await expect(tap.force(any(phase), any(options))).rejects.toMatchObject(invalid(option))
  expect(writes()).toBe(0)
})

test('a phase that there is not is one the subject is not in', async () => {
  const { tap } = open()
  await tap.phase()
  await expect(tap.at(any('constructor'))).rejects.toMatchObject({
    code: 'NOT_IN_PHASE',
    facts: { asked: 'constructor' },
  })
  expect(() => tap.admit(any('__proto__'))).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE' }))
  expect(tap.permits(any('toString'))).toBe(0)
})

test('recovery, closing and history refuse wrong options, by name', async () => {
  const { gate, tap } = open()
  await expect(gate.recover(any({ limit: 0 }))).rejects.toMatchObject(invalid('limit'))
  await expect(gate.recover(any({ max: 1 }))).rejects.toMatchObject(invalid('recover options.max'))
  await expect(gate.close(any({ within: 'soon' }))).rejects.toMatchObject(invalid('within'))
  await expect(gate.close(any({ after: 1 }))).rejects.toMatchObject(invalid('close options.after'))
  for (const [option, range] of [
    ['from', { from: 0 }],
    ['from', { from: 1.5 }],
    ['to', { to: '3' }],
    ['history range.since', { since: 1 }],
  ] as const)
    await expect(tap.history(any(range))[Symbol.asyncIterator]().next()).rejects.toMatchObject(invalid(option))
  expect((await tap.flip('open')).to).toBe('open')
})

test('a closed gate refuses everything, and writes nothing', async () => {
  const { gate, tap, writes } = open()
  await tap.phase()
  expect(await gate.close()).toEqual({ left: [] })
  expect(await gate.close()).toEqual({ left: [] })
  const closed = { code: 'GATE_CLOSED', facts: { chart: 'tap' } }
  expect((await tap.safeFlip('open')).error).toMatchObject(closed)
  const asked: (() => Promise<unknown>)[] = [
    () => tap.flip('open'),
    () => tap.explain('open'),
    () => tap.phase(),
    () => tap.state(),
    () => tap.at('shut'),
    () => tap.cancel('f', { reason: 'x' }),
    () => tap.resolve('f', 'retry', order),
    () => tap.force('open', order),
    () => tap.history()[Symbol.asyncIterator]().next(),
    () => gate.recover(),
    () => gate.stranded(),
  ]
  for (const ask of asked) await expect(ask()).rejects.toMatchObject(closed)
  expect(() => gate.start()).toThrow(expect.objectContaining(closed))
  expect(writes()).toBe(0)
})

test('a journal that was given stays open when its gate closes; one that the gate made is closed with it', async () => {
  const { gate, journal, tap } = open()
  await tap.flip('open')
  await gate.close()
  expect((await journal.read({ chart: 'tap', id: 'tap-1' }))?.phase).toBe('open')
})
