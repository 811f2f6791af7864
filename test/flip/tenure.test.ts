import { describe, expect, test } from 'vitest'
import { Heart, Tenure } from '../../src/flip/tenure.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

const TTL = 900
/** ⅔ of it: the store may give the lease away at 900, and the holder counts on nothing after 600. */
const UNTIL = 600

type Renew = () => Promise<boolean>
const yes: Renew = () => Promise.resolve(true)
const no: Renew = () => Promise.resolve(false)
const failing: Renew = () => Promise.reject(new Error('connection reset'))
const silence: Renew = () => new Promise(() => undefined)

function hold(renew: Renew = yes) {
  const clock = virtualClock()
  const losses: number[] = []
  const store = { renew }
  const lost = (): void => void losses.push(clock.monotonic())
  const options = { resource: '"db-7"', epoch: 3, ttlMs: TTL, clock, renew: () => store.renew(), lost }
  return { clock, losses, store, tenure: new Tenure(options, clock.monotonic()), options }
}

describe('a lease', () => {
  test('is held for ⅔ of its ttl, and not a moment longer', async () => {
    const { clock, tenure } = hold()
    await clock.advance(UNTIL - 1)
    expect(tenure.isHeld()).toBe(true)
    await clock.advance(1)
    expect(tenure.isHeld()).toBe(false)
  })

  test('is counted from before it was asked for, however late the answer came', async () => {
    const { clock, options } = hold()
    const askedAtMs = clock.monotonic()
    await clock.advance(500)
    const tenure = new Tenure(options, askedAtMs)
    await clock.advance(100)
    expect(tenure.isHeld()).toBe(false)
  })

  test('is not shortened by a renewal whose answer comes after that of a later one', async () => {
    const { clock, tenure } = hold()
    await clock.advance(300)
    tenure.extend(300)
    tenure.extend(100)
    await clock.advance(UNTIL - 1)
    expect(tenure.isHeld()).toBe(true)
  })

  test('that is renewed counts from before the renewal was asked for', async () => {
    let answer: (renewed: boolean) => void = () => undefined
    const { clock, tenure } = hold(() => new Promise((resolve) => (answer = resolve)))
    await clock.advance(300)
    const beat = tenure.beat()
    await clock.advance(200)
    answer(true)
    await beat
    await clock.advance(300 + UNTIL - 500 - 1)
    expect(tenure.isHeld()).toBe(true)
    await clock.advance(1)
    expect(tenure.isHeld()).toBe(false)
  })

  test('is prolonged by a write that the store accepted', async () => {
    const { clock, tenure } = hold()
    await clock.advance(400)
    tenure.extend(clock.monotonic())
    await clock.advance(UNTIL - 1)
    expect(tenure.isHeld()).toBe(true)
  })

  test('whose renewal was refused is lost at once', async () => {
    const { clock, tenure, losses } = hold(no)
    await clock.advance(300)
    await tenure.beat()
    expect(tenure.isHeld()).toBe(false)
    expect(losses).toEqual([300])
  })

  test.each([
    ['failed', failing],
    ['got no answer', silence],
  ])('whose renewal %s is held until the deadline, and lost then', async (_how, renew) => {
    const { clock, tenure, losses } = hold(renew)
    await clock.advance(300)
    void tenure.beat()
    await clock.advance(299)
    expect(tenure.isHeld()).toBe(true)
    await clock.advance(1)
    expect(losses).toEqual([UNTIL])
    expect(tenure.isHeld()).toBe(false)
  })

  test('that got no answer once is renewed by the next that does', async () => {
    const { clock, tenure, store, losses } = hold(failing)
    await clock.advance(300)
    await tenure.beat()
    store.renew = yes
    await clock.advance(200)
    await tenure.beat()
    await clock.advance(UNTIL - 1)
    expect(tenure.isHeld()).toBe(true)
    expect(losses).toEqual([])
  })

  test('that is lost stays lost: neither a write nor a late yes brings it back', async () => {
    let answer: (renewed: boolean) => void = () => undefined
    const { clock, tenure, losses } = hold(() => new Promise((resolve) => (answer = resolve)))
    await clock.advance(500)
    const beat = tenure.beat()
    await clock.advance(200)
    answer(true)
    await beat
    tenure.extend(clock.monotonic())
    expect(tenure.isHeld()).toBe(false)
    expect(losses).toHaveLength(1)
  })

  test('that is lost is not asked for again', async () => {
    const { tenure, store } = hold(no)
    await tenure.beat()
    let asked = 0
    store.renew = () => {
      asked++
      return yes()
    }
    await tenure.beat()
    expect(asked).toBe(0)
  })

  test('is judged by the clock: a blocked event loop cannot make it look held', () => {
    const { options, losses } = hold()
    let elapsedMs = 0
    const blocked = { ...options.clock, monotonic: () => elapsedMs, timer: () => () => undefined }
    const tenure = new Tenure({ ...options, clock: blocked }, 0)
    expect(() => tenure.assertHeld()).not.toThrow()
    elapsedMs = 5_000
    expect(() => tenure.assertHeld()).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }))
    expect(losses).toHaveLength(1)
  })

  test('that is lost says which one, and under which epoch', () => {
    const { tenure } = hold()
    tenure.lose()
    const facts = { resource: '"db-7"', epoch: 3 }
    expect(() => tenure.assertHeld()).toThrow(expect.objectContaining({ code: 'LEASE_LOST', facts }))
  })
})

describe('the heart', () => {
  test('beats every third of the ttl for all that is held, on one timer', async () => {
    const clock = virtualClock()
    const heart = new Heart(clock, TTL)
    const beats: string[] = []
    const beat = (name: string) => async () => void beats.push(`${name} at ${clock.monotonic()}`)
    heart.add(beat('one'))
    const stop = heart.add(beat('two'))
    expect(clock.pending()).toBe(1)
    await clock.advance(300)
    stop()
    await clock.advance(300)
    expect(beats).toEqual(['one at 300', 'two at 300', 'one at 600'])
  })

  test('rests when nothing is held, and beats again when something is', async () => {
    const clock = virtualClock()
    const heart = new Heart(clock, TTL)
    const beats: number[] = []
    const beat = async (): Promise<void> => void beats.push(clock.monotonic())
    heart.add(beat)()
    await clock.advance(1_000)
    expect(clock.pending()).toBe(0)
    heart.add(beat)
    await clock.advance(300)
    expect(beats).toEqual([1_300])
  })

  test('that beats in time keeps a lease for as long as the store answers', async () => {
    const { clock, tenure } = hold()
    const heart = new Heart(clock, TTL)
    heart.add(() => tenure.beat())
    await clock.advance(60_000)
    expect(tenure.isHeld()).toBe(true)
  })
})
