import { isPhasegateError } from '../../base/index.ts'
import type { Clock, FlipState, Part, PartFailure, WatchedEnd } from '../../ports/index.ts'
import type { Instruments } from './instruments.ts'
import { OUTCOMES } from './zero.ts'

/** What every series of a flip is labelled with: as many as the chart has flips, and one. */
type FlipLabels = { readonly chart: string; readonly flip: string }

const BUSY: readonly string[] = ['FLIP_BUSY', 'RESOURCE_BUSY']
const ENDS: readonly string[] = OUTCOMES

/** Measures one flip. */
export class FlipMeasures {
  readonly #instruments: Instruments
  readonly #labels: FlipLabels
  readonly #clock: Clock
  #waitedMs: number | undefined
  /** Monotonic; undefined until it is owned. */
  #requestedMs: number | undefined

  constructor(instruments: Instruments, labels: FlipLabels, clock: Clock) {
    this.#instruments = instruments
    this.#labels = labels
    this.#clock = clock
  }

  waited(ms: number): void {
    this.#waitedMs = (this.#waitedMs ?? 0) + ms
  }

  taken({ requestedAt }: FlipState): void {
    this.#instruments.inProgress.add(1, this.#labels)
    // What went before was seen by the wall clock alone, maybe that of another machine.
    this.#requestedMs = this.#clock.monotonic() - Math.max(0, this.#clock.now() - requestedAt)
  }

  /** Begins to measure a part; call what it returns at its end. */
  begin({ kind, name }: Part): (failure: PartFailure | undefined) => void {
    const beganMs = this.#clock.monotonic()
    return (failure) => {
      const outcome = failure === undefined ? 'done' : 'failed'
      const labels = { ...this.#labels, step: name, part: kind, outcome }
      this.#instruments.stepDuration.record(this.#secondsSince(beganMs), labels)
    }
  }

  ended({ outcome, failure }: WatchedEnd, isTraced: boolean): void {
    if (this.#requestedMs !== undefined) this.#instruments.inProgress.add(-1, this.#labels)
    this.#contended(outcome === 'refused' && failure !== undefined && BUSY.includes(failure.code))
    if (outcome === 'refused' && failure !== undefined) this.#refused(failure)
    if (!ENDS.includes(outcome) || this.#requestedMs === undefined) return
    const labels = { ...this.#labels, outcome }
    this.#instruments.flips.add(1, labels)
    this.#instruments.flipDuration.record(this.#secondsSince(this.#requestedMs), labels)
    if (isTraced) this.#instruments.traced.add(1, { chart: this.#labels.chart })
  }

  #contended(wasRefused: boolean): void {
    const { contention, waitDuration } = this.#instruments
    if (this.#waitedMs !== undefined) waitDuration.record(this.#waitedMs / 1_000, this.#labels)
    if (wasRefused) contention.add(1, { ...this.#labels, outcome: 'refused' })
    else if (this.#waitedMs !== undefined) contention.add(1, { ...this.#labels, outcome: 'waited' })
  }

  #refused({ code, cause }: PartFailure): void {
    this.#instruments.refusals.add(1, { ...this.#labels, reason: code })
    if (!isPhasegateError(cause, 'GUARD_REFUSED')) return
    this.#instruments.denials.add(1, { ...this.#labels, reason: cause.facts.guard })
  }

  #secondsSince(beganMs: number): number {
    return (this.#clock.monotonic() - beganMs) / 1_000
  }
}
