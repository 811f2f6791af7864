import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type Denial, Denials, type Notebook } from '../../src/gate/denials.ts'
import type { Body } from '../../src/ports/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type Denied = Extract<Body, { kind: 'denied' }>

const MINUTE = 60_000
const NOT_KIM: Denial = {
  act: 'flip',
  flip: 'open',
  actor: { id: 'kim' },
  by: 'authorisation',
  guard: undefined,
  reason: 'not kim',
}

function open() {
  const clock = virtualClock()
  const failures: unknown[] = []
  const denials = new Denials(clock, (error) => failures.push(error))
  return { clock, failures, denials }
}

/** Keeps what it is told, unless it is torn. */
function notebook(id = 'door-1') {
  const appends: (readonly Denied[])[] = []
  const state = { torn: false }
  const book: Notebook = {
    id,
    note: async (happened) => {
      if (state.torn) throw new Error('torn')
      appends.push(happened as readonly Denied[])
    },
  }
  return { book, appends, state, all: () => appends.flat() }
}

/** How many denials the records stand for. */
function standFor(all: readonly Pick<Denied, 'repeats'>[]): number {
  return all.reduce((sum, { repeats }) => sum + 1 + repeats, 0)
}

test('the first denial of a kind is recorded at once, with all that is known of it', async () => {
  const { denials } = open()
  const { book, all } = notebook()
  await denials.note(book, NOT_KIM)
  expect(all()).toEqual([{ kind: 'denied', ...NOT_KIM, repeats: 0 }])
})

test('its repeats are counted, and the count is recorded when the minute is over', async () => {
  const { denials, clock } = open()
  const { book, all } = notebook()
  for (let n = 0; n < 100; n++) await denials.note(book, NOT_KIM)
  await clock.advance(MINUTE - 1)
  expect(all()).toHaveLength(1)
  await clock.advance(1)
  expect(all()).toMatchObject([{ repeats: 0 }, { ...NOT_KIM, repeats: 98 }])
  expect(standFor(all())).toBe(100)
})

test('what goes on is one record a minute, and each says how many', async () => {
  const { denials, clock } = open()
  const { book, all } = notebook()
  for (let n = 0; n < 5 * 60; n++) {
    await denials.note(book, NOT_KIM)
    await clock.advance(1_000)
  }
  expect(all().map(({ repeats }) => repeats)).toEqual([0, 58, 59, 59, 59, 59])
  expect(standFor(all())).toBe(300)
})

test('after a quiet minute it is forgotten: no timer is left, and the next is recorded at once', async () => {
  const { denials, clock } = open()
  const { book, all } = notebook()
  await denials.note(book, NOT_KIM)
  expect(clock.pending()).toBe(1)
  await clock.advance(2 * MINUTE)
  expect(clock.pending()).toBe(0)
  await denials.note(book, NOT_KIM)
  expect(all().map(({ repeats }) => repeats)).toEqual([0, 0])
})

test('a denial late in the minute of another has a minute of its own', async () => {
  const { denials, clock } = open()
  const { book, all } = notebook()
  await denials.note(book, NOT_KIM)
  await clock.advance(MINUTE - 1)
  const late = { ...NOT_KIM, flip: 'shut' }
  await denials.note(book, late)
  await clock.advance(2)
  await denials.note(book, late)
  expect(all()).toMatchObject([{ flip: 'open' }, { flip: 'shut', repeats: 0 }])
  await clock.advance(MINUTE)
  expect(all()).toMatchObject([{ flip: 'open' }, { flip: 'shut', repeats: 0 }, { flip: 'shut', repeats: 0 }])
})

test.each<[string, Partial<Denial>]>([
  ['act', { act: 'cancel' }],
  ['flip', { flip: 'shut' }],
  ['actor', { actor: { id: 'ada' } }],
  ['nobody', { actor: undefined }],
  ['guard', { by: 'guard', guard: 'weather' }],
  ['policy', { by: 'policy' }],
  ['reason', { reason: 'not now' }],
])('another %s is another denial', async (_, other) => {
  const { denials } = open()
  const { book, all } = notebook()
  await denials.note(book, NOT_KIM)
  await denials.note(book, { ...NOT_KIM, ...other })
  expect(all()).toHaveLength(2)
})

test('another subject is another denial; other roles of the same actor are not', async () => {
  const { denials } = open()
  const [one, other] = [notebook('door-1'), notebook('door-2')]
  await denials.note(one.book, NOT_KIM)
  await denials.note(other.book, NOT_KIM)
  await denials.note(one.book, { ...NOT_KIM, actor: { id: 'kim', roles: ['guest'] } })
  expect([one.all(), other.all()]).toMatchObject([[{ repeats: 0 }], [{ repeats: 0 }]])
})

test('closing records what was only counted, and stops the timer', async () => {
  const { denials, clock } = open()
  const { book, all } = notebook()
  for (let n = 0; n < 7; n++) await denials.note(book, NOT_KIM)
  await denials.close()
  expect(all()).toMatchObject([{ repeats: 0 }, { repeats: 5 }])
  expect(clock.pending()).toBe(0)
  await denials.note(book, NOT_KIM)
  expect(standFor(all())).toBe(8)
  expect(clock.pending()).toBe(0)
})

test('beyond 20 kinds of a subject there is only a count, for guards apart; other subjects have their own', async () => {
  const { denials } = open()
  const [one, other] = [notebook('door-1'), notebook('door-2')]
  for (let n = 0; n < 120; n++) await denials.note(one.book, { ...NOT_KIM, actor: { id: `actor-${n}` } })
  await denials.note(one.book, { ...NOT_KIM, by: 'guard', guard: 'weather' })
  await denials.note(other.book, NOT_KIM)
  expect(one.all()).toHaveLength(20)
  expect(other.all()).toHaveLength(1)
  await denials.close()
  const nobody = { act: undefined, flip: undefined, actor: undefined, guard: undefined }
  expect(one.all().slice(20)).toEqual([
    { kind: 'denied', ...nobody, by: 'authorisation', reason: 'and 100 others', repeats: 99 },
    { kind: 'denied', ...nobody, by: 'guard', reason: 'and 1 others', repeats: 0 },
  ])
  expect(one.appends).toHaveLength(21)
  expect(standFor(one.all())).toBe(121)
})

test('beyond 200 kinds of a gate no further subject is written to', async () => {
  const { denials, clock } = open()
  const books = Array.from({ length: 1_000 }, (_, n) => notebook(`door-${n}`))
  for (const { book } of books) await denials.note(book, NOT_KIM)
  await clock.advance(MINUTE)
  expect(books.filter(({ appends }) => appends.length > 0)).toHaveLength(200)
  expect(books[0]?.all()).toMatchObject([NOT_KIM, { reason: 'and 800 others, of any subject', repeats: 799 }])
  expect(standFor(books.flatMap(({ all }) => all()))).toBe(1_000)
})

test('a denial that cannot be recorded is reported, kept, and recorded later with the others', async () => {
  const { denials, clock, failures } = open()
  const { book, all, state } = notebook()
  state.torn = true
  for (let n = 0; n < 3; n++) await denials.note(book, NOT_KIM)
  expect(failures).toEqual([new Error('torn')])
  await clock.advance(5 * MINUTE)
  expect(failures).toHaveLength(6)
  state.torn = false
  await clock.advance(MINUTE)
  expect(all()).toMatchObject([{ ...NOT_KIM, repeats: 2 }])
})

test('a denial that fails after its kind was forgotten is not lost', async () => {
  const { denials, clock } = open()
  const written: Denied[] = []
  let fail: (error: Error) => void = () => undefined
  const slow: Notebook = { id: 'door-1', note: () => new Promise((_, reject) => (fail = reject)) }
  const noting = denials.note(slow, NOT_KIM)
  await clock.advance(2 * MINUTE)
  fail(new Error('too late'))
  await noting
  Object.assign(slow, { note: async (happened: readonly Denied[]) => void written.push(...happened) })
  await denials.close()
  expect(written).toMatchObject([{ ...NOT_KIM, repeats: 0 }])
})

test('a record holds a bounded part of what an actor claims and a guard says', async () => {
  const { denials } = open()
  const { book, all } = notebook()
  const roles = Array.from({ length: 1_000 }, (_, n) => `role-${n}`)
  await denials.note(book, { ...NOT_KIM, actor: { id: 'kim', roles }, reason: '🚦'.repeat(5_000) })
  const [denied] = all()
  expect(denied?.actor?.roles).toEqual(roles.slice(0, 50))
  expect(denied?.reason).toBe('🚦'.repeat(1_000))
})

test('however much is denied, little of it is kept in memory', async () => {
  const { denials } = open()
  const { book } = notebook()
  const heap = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  for (let n = 0; n < 5_000; n++) {
    const roles = Array.from({ length: 100 }, (_, role) => `${n}-${role}-`.padEnd(200, 'x'))
    await denials.note({ ...book, id: `door-${n}` }, { ...NOT_KIM, actor: { id: `actor-${n}`, roles } })
  }
  expect(heap() - before).toBeLessThan(20_000_000)
  await denials.close()
})
