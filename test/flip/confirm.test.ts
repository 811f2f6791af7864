import { chart, createGate, deny, type GuardAnswer, type JournalRecord } from 'phasegate'
import { expect, test } from 'vitest'
import { records, signal, stage } from '../gate/stage.ts'

const pump = chart('pump', { version: 1 })
  .deps<{ flowing: () => GuardAnswer }>()
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

test('a confirm that never comes true says why, in its own words', async () => {
  const { clock, ...on } = stage()
  const gate = createGate(pump, { ...on, clock, deps: { flowing: () => deny('3 l/s are missing') } })
  const flip = gate.subject('pump-1').safeFlip('start')
  await clock.advance(60_000)
  expect((await flip).error?.facts).toMatchObject({
    failure: { code: 'CONFIRM_TIMEOUT', message: '"flowing" did not become true within 30000 ms: 3 l/s are missing' },
  })
})
