import { expect, test } from 'vitest'
import { Batches } from '../../../src/adapters/postgres/batches.ts'
import { type VirtualClock, virtualClock } from '../../../src/testing/time/index.ts'

interface Ask {
  readonly name: string
  readonly n: number
}

/** Batches whose answers are given by hand: each is "answer to" its ask. */
function stage() {
  const clock = virtualClock()
  const sent: { readonly asks: readonly string[]; readonly answer: () => void }[] = []
  const batches = new Batches<Ask, string>({
    clock,
    nameOf: ({ name }) => name,
    send: (asks) => {
      const texts = asks.map(({ name, n }) => `${name}${n}`)
      return new Promise((resolve) => {
        sent.push({ asks: texts, answer: () => resolve(texts.map((text) => `answer to ${text}`)) })
      })
    },
  })
  let n = 0
  const ask = (name: string): Promise<string> => batches.ask({ name, n: n++ })
  const sizes = (): readonly number[] => sent.map(({ asks }) => asks.length)
  return { clock, sent, ask, sizes }
}

/** Everything that needs no time has gone on. */
const settle = (clock: VirtualClock): Promise<void> => clock.advance(0)

test('one alone is sent without any time, and leaves no timer', async () => {
  const { clock, sent, ask } = stage()
  const answer = ask('a')
  await settle(clock)
  expect(sent.map(({ asks }) => asks)).toEqual([['a0']])
  sent[0]?.answer()
  expect(await answer).toBe('answer to a0')
  expect([clock.monotonic(), clock.pending()]).toEqual([0, 0])
})

test('what is asked in one turn goes together, and each gets its own answer', async () => {
  const { clock, sent, ask } = stage()
  const answers = Promise.all(['a', 'b', 'c'].map((name) => ask(name)))
  await settle(clock)
  expect(sent.map(({ asks }) => asks)).toEqual([['a0', 'b1', 'c2']])
  sent[0]?.answer()
  expect(await answers).toEqual(['answer to a0', 'answer to b1', 'answer to c2'])
})

test('what is asked while one is under way shares the next', async () => {
  const { clock, sent, ask } = stage()
  void ask('a')
  await settle(clock)
  for (const name of ['b', 'c']) {
    void ask(name)
    await settle(clock)
  }
  expect(sent).toHaveLength(1)
  sent[0]?.answer()
  await settle(clock)
  expect(sent[1]?.asks).toEqual(['b1', 'c2'])
})

test('two of one name never go together, and keep their order', async () => {
  const { clock, sent, ask } = stage()
  for (const name of ['a', 'a', 'b', 'a', 'b']) void ask(name)
  for (const batch of [0, 1, 2]) {
    await settle(clock)
    sent[batch]?.answer()
  }
  expect(sent.map(({ asks }) => asks)).toEqual([['a0', 'b2'], ['a1', 'b4'], ['a3']])
})

test('at most 256 go together', async () => {
  const { clock, sent, ask, sizes } = stage()
  const answers = Promise.all(Array.from({ length: 600 }, (_, n) => ask(`n${n}-`)))
  for (const batch of [0, 1, 2]) {
    await settle(clock)
    sent[batch]?.answer()
  }
  expect(sizes()).toEqual([256, 256, 88])
  expect(new Set(await answers).size).toBe(600)
})

test('one that takes longer than 50 ms lets others go, three such at most, and is answered all the same', async () => {
  const { clock, sent, ask } = stage()
  const slow = ask('slow0-')
  await clock.advance(49)
  void ask('slow1-')
  await settle(clock)
  expect(sent).toHaveLength(1)
  await clock.advance(1)
  expect(sent).toHaveLength(2)
  for (const name of ['slow2-', 'slow3-', 'waits', 'waits too']) {
    void ask(name)
    await clock.advance(1_000)
  }
  expect(sent.map(({ asks }) => asks)).toEqual([['slow0-0'], ['slow1-1'], ['slow2-2'], ['slow3-3']])
  sent[0]?.answer()
  expect(await slow).toBe('answer to slow0-0')
})

test('the fourth slow one lets others go as soon as one of the three has ended', async () => {
  const { clock, sent, ask } = stage()
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    void ask(name)
    await clock.advance(1_000)
  }
  expect(sent).toHaveLength(4)
  sent[1]?.answer()
  await clock.advance(50)
  expect(sent[4]?.asks).toEqual(['e4'])
})

test('a slow one that ends does not let two others go at once', async () => {
  const { clock, sent, ask } = stage()
  void ask('a')
  await clock.advance(60)
  void ask('b')
  await settle(clock)
  sent[0]?.answer()
  void ask('c')
  await settle(clock)
  expect(sent.map(({ asks }) => asks)).toEqual([['a0'], ['b1']])
  sent[1]?.answer()
  await settle(clock)
  expect(sent[2]?.asks).toEqual(['c2'])
})
