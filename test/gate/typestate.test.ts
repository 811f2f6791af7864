import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { kinds, stage } from './stage.ts'

const gearbox = chart('gearbox', { version: 1 })
  .phase('neutral', { initial: true })
  .phase('first')
  .phase('reverse')
  .flip('up', (f) => f.from('neutral').to('first'))
  .flip('down', (f) => f.from('first', 'reverse').to('neutral'))
  .flip('back', (f) => f.from('neutral').to('reverse'))
  .build()

function open() {
  const shared = stage()
  return createGate(gearbox, shared).subject('box')
}

test('a handle flips from the phase it is for', async () => {
  const box = open()
  const neutral = await box.at('neutral')
  expect(neutral.phase).toBe('neutral')
  expect((await neutral.flip('up')).to).toBe('first')
  expect(await (await box.at('first')).safeFlip('down')).toMatchObject({ success: true, data: { to: 'neutral' } })
})

test('there is no handle for a phase the subject is not in', async () => {
  const box = open()
  await expect(box.at('first')).rejects.toMatchObject({
    code: 'NOT_IN_PHASE',
    facts: { subject: 'box', asked: 'first', phase: 'neutral' },
  })
})

test('a handle goes stale with its phase, also where the flip would be legal from the new one', async () => {
  const box = open()
  await box.flip('up')
  const first = await box.at('first')
  await box.flip('down')
  await box.flip('back')
  const { error } = await first.safeFlip('down')
  expect(error).toMatchObject({ code: 'NOT_IN_PHASE', facts: { asked: 'first', phase: 'reverse' } })
  await expect(first.flip('down')).rejects.toMatchObject({ code: 'NOT_IN_PHASE' })
  expect(await box.phase()).toBe('reverse')
  expect((await kinds(box)).filter((kind) => kind === 'requested')).toHaveLength(3)
})

test('a handle is good again when the subject is back in its phase', async () => {
  const box = open()
  const neutral = await box.at('neutral')
  await box.flip('up')
  await box.flip('down')
  expect((await neutral.flip('back')).to).toBe('reverse')
})

test('the key of a handle is replayed although the phase is another by now', async () => {
  const neutral = await open().at('neutral')
  const first = await neutral.flip('up', undefined, { key: 'k' })
  expect(await neutral.flip('up', undefined, { key: 'k' })).toEqual({ ...first, replayed: true })
})
