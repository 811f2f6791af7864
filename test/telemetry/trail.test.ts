import { observeTrail } from 'phasegate/otel'
import { expect, test } from 'vitest'
import type { TrailLag } from '../../src/telemetry/index.ts'
import { metrics } from './sdk.ts'

const SINK = { failures: 0, failing: undefined }
const disk: TrailLag = {
  ...SINK,
  of: 'records',
  sink: 'disk',
  role: 'delivering',
  delivered: 40,
  behind: 7,
  oldestMs: 3_500,
  lastDeliveredAt: 1,
}
const witness: TrailLag = {
  ...SINK,
  of: 'checkpoints',
  sink: 'witness',
  role: 'delivering',
  delivered: 3,
  seq: 3,
  ageMs: 90_000,
}

test('lag, backlog, deliveries, failures and the age of the last checkpoint are told for each sink', async () => {
  const { meter, of, all } = metrics()
  let lags: readonly TrailLag[] = [disk, witness]
  observeTrail({ lag: () => lags }, { meter })
  const [byDisk, byWitness] = [{ sink: 'disk' }, { sink: 'witness' }]
  expect(await of('phasegate.audit.lag')).toEqual([{ labels: byDisk, value: 3.5 }])
  expect(await of('phasegate.audit.backlog')).toEqual([{ labels: byDisk, value: 7 }])
  expect(await of('phasegate.audit.delivered')).toEqual([{ labels: byDisk, value: 40 }])
  expect(await of('phasegate.audit.checkpoint.age')).toEqual([{ labels: byWitness, value: 90 }])
  lags = [
    { ...disk, delivered: 47, failures: 2 },
    { ...witness, failures: 1 },
  ]
  expect(await of('phasegate.audit.delivered')).toEqual([{ labels: byDisk, value: 47 }])
  expect(await of('phasegate.audit.failures')).toEqual([
    { labels: byDisk, value: 2 },
    { labels: byWitness, value: 1 },
  ])
  lags = [
    { ...disk, failures: 2, role: 'standby' },
    { ...witness, failures: 1, role: 'standby' },
  ]
  expect((await all()).filter(({ value }) => Number.isNaN(value)).map(({ name }) => name)).toEqual([
    'phasegate.audit.lag',
    'phasegate.audit.backlog',
    'phasegate.audit.checkpoint.age',
  ])
})

test('nothing is told once it is stopped', async () => {
  const { meter, all } = metrics({ forgets: true })
  const stop = observeTrail({ lag: () => [disk] }, { meter })
  expect(await all()).toHaveLength(4)
  stop()
  expect(await all()).toEqual([])
})

test.each(['idle', 'standby'] as const)('who has never delivered (%s) tells no lag: another knows', async (role) => {
  const { meter, all } = metrics()
  observeTrail(
    {
      lag: () => [
        { ...disk, role },
        { ...witness, role },
      ],
    },
    { meter },
  )
  const names = new Set((await all()).map(({ name }) => name))
  expect(names).toEqual(new Set(['phasegate.audit.delivered', 'phasegate.audit.failures']))
})

test('a meter that is none is refused', () => {
  expect(() => observeTrail({ lag: () => [] }, { meter: {} as never })).toThrow(/meter/)
})
