import type { Counter, Histogram, Meter, ObservableGauge, UpDownCounter } from '@opentelemetry/api'

/** Seconds, for what people and other services wait for. */
const WAITS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
/** Seconds, from one to thirty days: how long a subject stays in a phase. */
const STAYS = [1, 10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800, 2_592_000]

/** What is measured of the gates of a telemetry. Labels: see docs/operate/telemetry.md. */
export interface Instruments {
  readonly flips: Counter
  readonly flipDuration: Histogram
  readonly stepDuration: Histogram
  readonly rollbackDuration: Histogram
  readonly inProgress: UpDownCounter
  readonly partial: ObservableGauge
  readonly stuck: ObservableGauge
  readonly contention: Counter
  readonly waitDuration: Histogram
  readonly refusals: Counter
  readonly denials: Counter
  readonly unauthorised: Counter
  readonly leaseLosses: Counter
  readonly fenced: Counter
  readonly adoptions: Counter
  readonly overrides: Counter
  readonly phaseDuration: Histogram
  readonly traced: Counter
}

export function instrumentsOf(meter: Meter): Instruments {
  const counter = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(`phasegate.${name}`, { unit, description })
  const seconds = (name: string, explicitBucketBoundaries: number[], description: string): Histogram =>
    meter.createHistogram(`phasegate.${name}`, { unit: 's', description, advice: { explicitBucketBoundaries } })
  const gauge = (name: string, unit: string, description: string): ObservableGauge =>
    meter.createObservableGauge(`phasegate.${name}`, { unit, description })
  return {
    flips: counter('flips', '{flip}', 'Flips that this process has owned, by how they ended here'),
    flipDuration: seconds('flip.duration', WAITS, 'From the request of a flip to its end'),
    stepDuration: seconds('step.duration', WAITS, 'Guards, steps, confirms and undos, with all their tries'),
    rollbackDuration: seconds('rollback.duration', WAITS, 'From when a flip turned back until it was rolled back'),
    inProgress: meter.createUpDownCounter('phasegate.flips.in_progress', {
      unit: '{flip}',
      description: 'Flips that this process owns now',
    }),
    partial: gauge('flips.partial', '{flip}', 'Flips in progress whose owner is dead, by the journal'),
    stuck: gauge('flips.stuck', '{flip}', 'Flips that wait for a person, by the journal'),
    contention: counter('contention', '{call}', 'Calls that found another flip, or a resource, in their way'),
    waitDuration: seconds('wait.duration', WAITS, 'How long a call waited for another flip, or for a resource'),
    refusals: counter('refusals', '{call}', 'Calls that came to no flip, by code'),
    denials: counter('denials', '{call}', 'Calls that a guard or a policy refused, by its name'),
    unauthorised: counter('unauthorised', '{call}', 'Calls without leave for what they asked, by act'),
    leaseLosses: counter('lease.losses', '{loss}', 'Flips that this process had to leave, by code'),
    fenced: counter('fenced', '{append}', 'Writes of a former owner that the journal refused'),
    adoptions: counter('adoptions', '{flip}', 'Flips of dead owners that this process has taken over'),
    overrides: counter('overrides', '{order}', 'Orders of people that passed by what the chart says'),
    phaseDuration: seconds('phase.duration', STAYS, 'How long a phase had lasted when it was left'),
    traced: counter('flips.traced', '{flip}', 'Flips that ended here whose span was sampled'),
  }
}
