import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { records, stage } from './stage.ts'

const DAY = 86_400_000
const order = { actor: { id: 'kim' }, reason: 'kept for 30 days' }

const tide = chart('tide', { version: 1 })
  .phase('low', { initial: true })
  .phase('high')
  .flip('rise', (f) => f.from('low').to('high'))
  .flip('fall', (f) => f.from('high').to('low'))
  .build()

function open() {
  const shared = stage()
  const gate = createGate(tide, shared)
  return { ...shared, gate, bay: gate.subject('bay') }
}

test('keys are kept until somebody prunes them, and then only those that are older', async () => {
  const { clock, bay } = open()
  const rise = await bay.flip('rise', undefined, { key: 'old' })
  await clock.advance(20 * DAY)
  const fall = await bay.flip('fall', undefined, { key: 'young' })
  await clock.advance(20 * DAY)
  expect(await bay.flip('rise', undefined, { key: 'old' })).toEqual({ ...rise, replayed: true })

  await bay.prune({ olderThan: '30d', ...order })
  expect(await bay.flip('fall', undefined, { key: 'young' })).toEqual({ ...fall, replayed: true })
  expect(await bay.flip('rise', undefined, { key: 'old' })).toMatchObject({ replayed: false, attempt: 1 })
})

test('who pruned, and why, is recorded and told, and the history stays', async () => {
  const { clock, gate, bay } = open()
  const told: unknown[] = []
  gate.on('flip.pruned', ({ subject, reason }) => told.push([subject, reason]))
  await bay.flip('rise', undefined, { key: 'k' })
  await clock.advance(DAY)
  const before = clock.now()
  await bay.prune({ olderThan: 0, ...order })
  const kept = await records(bay)
  expect(kept.map((record) => record.kind)).toEqual(['requested', 'committed', 'pruned'])
  expect(kept.at(-1)).toMatchObject({ before, ...order })
  expect(told).toEqual([['bay', order.reason]])
})

test('pruning without an actor, a reason or an age is refused; a subject without records gets none', async () => {
  const { bay } = open()
  await expect(bay.prune({ olderThan: '1d', reason: 'x' } as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  await expect(bay.prune({ olderThan: '1d', actor: { id: 'kim' } } as never)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  })
  await expect(bay.prune(order as never)).rejects.toMatchObject({ facts: { option: 'olderThan' } })
  await bay.prune({ olderThan: '1d', ...order })
  expect(await records(bay)).toEqual([])
})
