import { type BatchObservableResult, type Meter, metrics, type Observable } from '@opentelemetry/api'
import { known } from '../../base/index.ts'
import type { Stop } from '../../ports/index.ts'
import type { TrailLag, WatchedTrail } from '../index.ts'
import { able } from './able.ts'

export interface ObserveTrailOptions {
  /** @default the meter `phasegate` of the global provider, as it is now */
  readonly meter?: Meter | undefined
}

/**
 * Measures how far the sinks of an audit trail are behind, until the stop that it returns is called. Only the process that
 * delivers to a sink knows its lag; one that delivers no more says NaN, since an SDK may go on to show what it saw last.
 * @throws OPTION_INVALID naming the option
 */
export function observeTrail(trail: WatchedTrail, options?: ObserveTrailOptions): Stop {
  const given = known(options, 'observeTrail options', ['meter'])
  const meter = able<Meter>(given.meter, 'meter', 'createCounter') ?? metrics.getMeter('phasegate')
  const instruments = instrumentsOf(meter)
  const seen = new Set<string>()
  const look = (result: BatchObservableResult): void => {
    for (const lag of trail.lag()) {
      if (lag.role === 'delivering') seen.add(lag.sink)
      show(seen.has(lag.sink), lag, instruments, result)
    }
  }
  const all = Object.values(instruments)
  meter.addBatchObservableCallback(look, all)
  return () => meter.removeBatchObservableCallback(look, all)
}

type Instruments = ReturnType<typeof instrumentsOf>

function instrumentsOf(meter: Meter) {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(`phasegate.audit.${name}`, { unit, description })
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(`phasegate.audit.${name}`, { unit, description })
  return {
    lag: gauge('lag', 's', 'Age of the oldest record that is known to wait for the sink'),
    backlog: gauge('backlog', '{record}', 'Records that are known to wait for the sink'),
    checkpointAge: gauge('checkpoint.age', 's', 'Age of the last checkpoint that the sink has taken'),
    delivered: counter('delivered', '{record}', 'Records that this process has delivered to the sink'),
    failures: counter('failures', '{write}', 'Writes that the sink has failed'),
  }
}

function show(isKnown: boolean, lag: TrailLag, instruments: Instruments, result: BatchObservableResult): void {
  const labels = { sink: lag.sink }
  const gauge = (instrument: Observable, value: number): void => {
    if (isKnown) result.observe(instrument, lag.role === 'delivering' ? value : Number.NaN, labels)
  }
  result.observe(instruments.failures, lag.failures, labels)
  if (lag.of === 'checkpoints') return gauge(instruments.checkpointAge, lag.ageMs / 1_000)
  result.observe(instruments.delivered, lag.delivered, labels)
  gauge(instruments.lag, lag.oldestMs / 1_000)
  gauge(instruments.backlog, lag.behind)
}
