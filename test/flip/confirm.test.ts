import { chart, createGate, type JournalRecord } from 'phasegate'
import { expect, test } from 'vitest'
import { records, signal, stage } from '../gate/stage.ts'

const pump = chart('pump', { version: 1 })
  .deps<{ flowing: () => Promise<boolean> }>()
  .phase('idle', { initial: true })
  .phase('pumping', { final: true })
  .flip('start', (f) =>
    f
      .from('idle')
      .to('pumping')
      .step('prime', { run: () => undefined, compensate: () => undefined })
      .confirm('flowing', ({ deps }) => deps.flowing()),
  )
  .build()

test('a confirm that comes true just after a cancel was accepted does not commit the flip', async () => {
  const { clock, ...on } = stage()
  const flowing = signal<boolean>()
  const gate = createGate(pump, { ...on, clock, deps: { flowing: () => flowing.promise } })
  const subject = gate.subject('pump-1')
  gate.on('flip.cancelRequested', () => void setImmediate(() => flowing.resolve(true)))

  const flip = subject.safeFlip('start')
  await clock.advance(10)
  const [requested] = (await records(subject)) as [JournalRecord<'requested'>]
  await subject.cancel(requested.flipId, { reason: 'a leak', actor: { id: 'kim' } })
  await clock.advance(60_000)

  expect((await flip).success).toBe(false)
  expect((await records(subject)).map(({ kind }) => kind)).toContain('rolledBack')
})
