// Stands in for a gate that is watched: every instrument of the table of metrics, with labels as a gate gives them.
import type { Attributes, Meter } from '@opentelemetry/api'

const FLIP = { chart: 'database', flip: 'cut over' }
const SINK = { sink: 'siem' }

const COUNTERS: Readonly<Record<string, { readonly unit: string; readonly series: readonly Attributes[] }>> = {
  'phasegate.flips': {
    unit: '{flip}',
    series: ['committed', 'rolledBack', 'stuck', 'interrupted'].map((outcome) => ({ ...FLIP, outcome })),
  },
  'phasegate.contention': { unit: '{call}', series: ['refused', 'waited'].map((outcome) => ({ ...FLIP, outcome })) },
  'phasegate.refusals': { unit: '{call}', series: [{ ...FLIP, reason: 'FLIP_BUSY' }] },
  'phasegate.denials': { unit: '{call}', series: [{ ...FLIP, reason: 'peers healthy' }] },
  'phasegate.unauthorised': { unit: '{call}', series: [{ ...FLIP, reason: 'force' }] },
  'phasegate.lease.losses': { unit: '{loss}', series: [{ chart: 'database', reason: 'LEASE_LOST' }] },
  'phasegate.fenced': { unit: '{append}', series: [{ chart: 'database' }] },
  'phasegate.adoptions': { unit: '{flip}', series: [FLIP] },
  'phasegate.overrides': { unit: '{order}', series: [{ chart: 'database', reason: 'forced' }] },
  'phasegate.flips.traced': { unit: '{flip}', series: [{ chart: 'database' }] },
  'phasegate.audit.delivered': { unit: '{record}', series: [SINK] },
  'phasegate.audit.failures': { unit: '{write}', series: [SINK] },
}

const STEP = { ...FLIP, part: 'step', step: 'switch' }
const HISTOGRAMS: Readonly<Record<string, readonly Attributes[]>> = {
  'phasegate.flip.duration': [{ ...FLIP, outcome: 'committed' }],
  'phasegate.step.duration': ['done', 'failed'].map((outcome) => ({ ...STEP, outcome })),
  'phasegate.rollback.duration': [FLIP],
  'phasegate.wait.duration': [FLIP],
  'phasegate.phase.duration': [{ chart: 'database', phase: 'old' }],
}

const GAUGES: Readonly<Record<string, { readonly unit: string; readonly series: Attributes }>> = {
  'phasegate.flips.partial': { unit: '{flip}', series: { chart: 'database' } },
  'phasegate.flips.stuck': { unit: '{flip}', series: { chart: 'database' } },
  'phasegate.audit.lag': { unit: 's', series: SINK },
  'phasegate.audit.backlog': { unit: '{record}', series: SINK },
  'phasegate.audit.checkpoint.age': { unit: 's', series: SINK },
}

/** Every call of what it returns is one of everything. */
export function standIn(meter: Meter): () => void {
  const add = Object.entries(COUNTERS).flatMap(([name, { unit, series }]) => {
    const counter = meter.createCounter(name, { unit })
    return series.map((labels) => () => counter.add(1, labels))
  })
  const record = Object.entries(HISTOGRAMS).flatMap(([name, series]) => {
    const histogram = meter.createHistogram(name, {
      unit: 's',
      advice: { explicitBucketBoundaries: [0.1, 1, 10, 600] },
    })
    return series.map((labels) => () => histogram.record(2, labels))
  })
  for (const [name, { unit, series }] of Object.entries(GAUGES)) {
    meter.createObservableGauge(name, { unit }).addCallback((result) => result.observe(1, series))
  }
  const running = meter.createUpDownCounter('phasegate.flips.in_progress', { unit: '{flip}' })
  return () => {
    for (const work of [...add, ...record]) work()
    running.add(1, FLIP)
  }
}
