import { chart, createGate, isPhasegateError, type JournalRecord, memoryJournal } from 'phasegate'
import { expect, test } from 'vitest'
import { virtualClock } from '../../src/testing/time/index.ts'
import { over, records } from './stage.ts'

// Whoever is refused over and over fills neither the journal nor the memory.

type Denied = JournalRecord<'denied'>

const MINUTE = 60_000

/** How many denials the records stand for. */
function standFor(all: readonly Denied[]): number {
  return all.reduce((sum, { repeats }) => sum + 1 + repeats, 0)
}

const door = chart('door', { version: 1 })
  .phase('shut', { initial: true })
  .phase('open')
  .operators('porter')
  .flip('open', (f) => f.from('shut').to('open').allow('guest'))
  .flip('shut', (f) =>
    f
      .from('open', 'shut')
      .to('shut')
      .allow('guest')
      .guard('weather', () => false),
  )
  .build()

async function everything(gate: { subject(id: string): Parameters<typeof records>[0] }, ids: readonly string[]) {
  const all: JournalRecord[] = []
  for (const id of ids) all.push(...(await records(gate.subject(id))))
  return all.filter((record) => record.kind === 'denied')
}

test('100,000 denied calls by ever other actors, for ever other subjects, write and keep little', async () => {
  const clock = virtualClock()
  const inner = memoryJournal({ clock })
  const touched = new Set<string>()
  const journal = over(inner, {
    append: (subject, append) => {
      touched.add(subject.id)
      return inner.append(subject, append)
    },
  })
  const gate = createGate(door, { clock, journal })
  const codes = new Set<string | undefined>()
  for (let n = 0; n < 100_000; n++) {
    const subject = gate.subject(n % 3 === 0 ? 'door-1' : `made-up-${n}`)
    const actor = { id: `actor-${n % 977}`, roles: [`role-${n}`] }
    const order = { actor, reason: `reason ${n}` }
    const error: unknown =
      n % 5 === 0
        ? await subject.force('open', order).catch((thrown: unknown) => thrown)
        : (await subject.safeFlip(n % 2 === 0 ? 'open' : 'shut', undefined, { actor })).error
    codes.add(isPhasegateError(error) ? error.code : undefined)
  }
  expect([...codes]).toEqual(['UNAUTHORISED'])
  await gate.close()
  const denied = await everything(createGate(door, { clock, journal: inner }), [...touched])
  expect(touched.size).toBeLessThanOrEqual(200)
  expect(denied.length).toBeLessThanOrEqual(420)
  expect(standFor(denied as readonly Denied[])).toBe(100_000)
}, 60_000)

test('a guard that refuses for ever other reasons floods nothing either', async () => {
  const clock = virtualClock()
  let asked = 0
  const moody = chart('moody', { version: 1 })
    .phase('a', { initial: true })
    .flip('go', (f) =>
      f
        .from('a')
        .to('a')
        .guard('mood', () => {
          throw new Error(`mood ${asked++}`)
        }),
    )
    .build()
  const gate = createGate(moody, { clock })
  const subject = gate.subject('x')
  for (let n = 0; n < 1_000; n++) await subject.safeFlip('go')
  await clock.advance(MINUTE)
  const denied = (await records(subject)) as readonly Denied[]
  expect(denied).toHaveLength(21)
  expect(standFor(denied)).toBe(1_000)
})

test('the count is recorded when the gate is closed, and a journal that hangs does not keep it from closing', async () => {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const gate = createGate(door, { clock, journal })
  for (let n = 0; n < 3; n++) await gate.subject('d').safeFlip('open')
  await gate.close()
  expect(await records(createGate(door, { clock, journal }).subject('d'))).toMatchObject([
    { repeats: 0 },
    { repeats: 1 },
  ])

  let hangs = false
  const hanging = over(journal, { read: (subject) => (hangs ? new Promise(() => undefined) : journal.read(subject)) })
  const other = createGate(door, { clock, journal: hanging })
  for (let n = 0; n < 3; n++) await other.subject('d').safeFlip('open')
  hangs = true
  const closing = other.close()
  await clock.advance(1_000)
  expect(await closing).toEqual({ left: [] })
})

test('who is refused is told so, also when the journal is down; that it could not be recorded is reported', async () => {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  let isDown = true
  const down = (): Promise<never> => Promise.reject(new Error('down'))
  const gate = createGate(door, {
    clock,
    journal: over(journal, { read: (subject) => (isDown ? down() : journal.read(subject)) }),
  })
  const reported: unknown[] = []
  gate.on('error', ({ error, during }) => reported.push([during, error]))
  const { error } = await gate.subject('d').safeFlip('open', undefined, { actor: { id: 'kim' } })
  expect(error?.code).toBe('UNAUTHORISED')
  expect(reported).toMatchObject([['the record of a denial', { code: 'JOURNAL_FAILED' }]])
  isDown = false
  await clock.advance(MINUTE)
  expect(await records(gate.subject('d'))).toMatchObject([{ kind: 'denied', actor: { id: 'kim' }, repeats: 0 }])
})

test('a denial is recorded for a subject that another version of the chart has left, and does not move it', async () => {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const guest = { id: 'kim', roles: ['guest'] }
  await createGate(door, { clock, journal }).subject('d').flip('open', undefined, { actor: guest })
  const newer = chart('door', { version: 2, migrate: { 1: { open: 'ajar' } } })
    .phase('shut', { initial: true })
    .phase('ajar')
    .flip('shut', (f) => f.from('ajar').to('shut').allow('porter'))
    .flip('open', (f) => f.from('shut').to('ajar').allow('porter'))
    .build()
  const moved = createGate(newer, { clock, journal }).subject('d')
  expect((await moved.safeFlip('shut', undefined, { actor: guest })).error?.code).toBe('UNAUTHORISED')
  expect((await records(moved)).map(({ kind }) => kind)).toEqual(['requested', 'committed', 'denied'])
  expect(await moved.phase()).toBe('ajar')
})
