import { chart, createGate, type Permit } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, stage } from './stage.ts'

const shop = chart('shop', { version: 1 })
  .deps<{ close(): unknown }>()
  .phase('open', { initial: true })
  .phase('closed')
  .flip('close', (f) =>
    f
      .from('open')
      .to('closed')
      .step('last customers', { run: ({ drained }) => drained('open'), timeout: '1m' })
      .step('lock', { run: ({ deps }) => deps.close() }),
  )
  .flip('reopen', (f) => f.from('closed').to('open'))
  .build()

async function open(close: () => unknown = () => undefined) {
  const shared = stage()
  const gate = createGate(shop, { ...shared, deps: { close } })
  const subject = gate.subject('shop-1')
  await subject.phase()
  return { ...shared, gate, shop: subject }
}

test('a permit is given for the phase the subject is in, and counted until it is returned', async () => {
  const { shop } = await open()
  const permits = [shop.admit('open'), shop.admit('open')]
  expect(permits.map(({ phase }) => phase)).toEqual(['open', 'open'])
  expect(shop.permits('open')).toBe(2)
  permits[0]?.done()
  expect(shop.permits('open')).toBe(1)
  permits[1]?.done()
  expect(shop.permits('open')).toBe(0)
})

test('a permit that is returned twice is returned once', async () => {
  const { shop } = await open()
  const [one] = [shop.admit('open'), shop.admit('open')]
  one.done()
  one.done()
  expect(shop.permits('open')).toBe(1)
})

test('no permit is given for another phase', async () => {
  const { shop } = await open()
  const facts = { subject: 'shop-1', asked: 'closed', phase: 'open' }
  expect(() => shop.admit('closed')).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE', facts }))
  expect(shop.permits('closed')).toBe(0)
})

test('no permit is given before the phase was ever read here', async () => {
  const { gate } = await open()
  const unread = gate.subject('shop-2')
  expect(() => unread.admit('open')).toThrow(
    expect.objectContaining({ code: 'PHASE_UNKNOWN', facts: { subject: 'shop-2' } }),
  )
  await unread.phase()
  expect(unread.admit('open').phase).toBe('open')
})

test('a step that drains stops admission and waits until the last permit is back', async () => {
  const { shop, clock } = await open()
  const permits = [shop.admit('open'), shop.admit('open')]
  const closing = shop.flip('close')
  await clock.advance(1_000)
  const message = expect.stringContaining('"open" is being drained')
  expect(() => shop.admit('open')).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE', message }))
  permits[0]?.done()
  expect(await isPending(clock, closing)).toBe(true)
  permits[1]?.done()
  expect((await closing).to).toBe('closed')
  expect(shop.admit('closed').phase).toBe('closed')
})

test('a step that drains shuts out also whoever comes right after a permit that the same flip still gave', async () => {
  const late = chart('late', { version: 1 })
    .deps<{ close(): unknown }>()
    .phase('open', { initial: true })
    .phase('closed', { final: true })
    .flip('close', (f) =>
      f
        .from('open')
        .to('closed')
        .step('last customers', {
          run: ({ deps, drained }) => {
            deps.close()
            return drained('open')
          },
          timeout: '1m',
        }),
    )
    .build()
  const permits: Permit[] = []
  const shared = stage()
  const deps = { close: (): unknown => undefined }
  const shop = createGate(late, { ...shared, deps }).subject('shop-1')
  deps.close = () => permits.push(shop.admit('open'))
  await shop.phase()
  const closing = shop.flip('close')
  await shared.clock.advance(0)
  expect(() => shop.admit('open')).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE' }))
  expect(shop.permits('open')).toBe(1)
  permits[0]?.done()
  expect((await closing).to).toBe('closed')
})

test('admission opens again when the flip that drained rolls back', async () => {
  const { shop } = await open(() => Promise.reject(new Error('no key')))
  const closing = shop.safeFlip('close')
  expect((await closing).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(shop.admit('open').phase).toBe('open')
})

test('permits that never come back cost the flip its step, not the subject its phase', async () => {
  const { shop, clock } = await open()
  shop.admit('open')
  const closing = shop.safeFlip('close')
  await clock.advance(61_000)
  expect((await closing).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT', step: 'last customers' } })
  expect(shop.admit('open').phase).toBe('open')
  expect(shop.permits('open')).toBe(2)
})

test('a permit outlives its phase: what was admitted may end in its own time', async () => {
  const { shop } = await open()
  const permit = shop.admit('open')
  await shop.force('closed', { actor: { id: 'kim' }, reason: 'fire' })
  expect(() => shop.admit('open')).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE' }))
  expect(shop.permits('open')).toBe(1)
  permit.done()
  expect(shop.permits('open')).toBe(0)
})

test('subjects are drained apart', async () => {
  const { gate, shop, clock } = await open()
  const other = gate.subject('shop-2')
  await other.phase()
  const permit = shop.admit('open')
  const closing = shop.flip('close')
  await clock.advance(0)
  expect(other.admit('open').phase).toBe('open')
  permit.done()
  await closing
})
