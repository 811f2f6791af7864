import type { AnyChart, FlipSpec } from '../../chart/index.ts'
import type { FlipWatch, Part, PartFailure, PartWatch, WatchedEnd } from '../../ports/index.ts'
import type { GateWatch, Telemetry, Watched } from '../../telemetry/index.ts'
import { byKind, type ChartCoverage, type Coverage, type CoverageKind, identityOf, merge, sorted } from './data.ts'
import { named, outlineOf } from './outline.ts'

/** A telemetry that remembers what it has seen. Of flips that are only explained it sees nothing. */
export interface CoverageCollector extends Telemetry {
  /** What was seen so far, by this collector. */
  data(): Coverage
}

/** Notes that something of a chart was seen; what the chart does not declare is not noted. */
type Note = (kind: CoverageKind, name: string) => void

/** Sees for itself, and for whoever else `notes`. */
export class Collector implements CoverageCollector {
  readonly #charts = new Map<string, Seen>()
  readonly #others: readonly Collector[]

  constructor(others: readonly Collector[]) {
    this.#others = others
  }

  attach(gate: Watched): GateWatch {
    const notes = [this, ...this.#others].map((collector) => collector.noteOf(gate.chart))
    const note: Note = (kind, name) => {
      for (const one of notes) one(kind, name)
    }
    const stops = [
      gate.on('flip.forced', ({ phase }) => note('phases', phase)),
      gate.on('flip.migrated', ({ phase }) => note('phases', phase)),
    ]
    return {
      flip: ({ flip }) => new SeenFlip(gate.chart.flips.get(flip), note),
      stop: () => {
        for (const stop of stops) stop()
      },
    }
  }

  /** A chart is known from the first gate on, also if nothing of it is ever seen. */
  noteOf(chart: AnyChart): Note {
    const identity = identityOf(chartOf(chart))
    const seen = this.#charts.get(identity) ?? new Seen(chart)
    this.#charts.set(identity, seen)
    return (kind, name) => seen.note(kind, name)
  }

  data(): Coverage {
    return merge(
      [...this.#charts.values()].map((seen) => seen.data()),
      [],
    )
  }

  /** What was seen since this was last asked; charts of which nothing was seen are left out. */
  take(): Coverage {
    return merge(
      [...this.#charts.values()].flatMap((seen) => seen.take() ?? []),
      [],
    )
  }
}

/** What was seen of one chart. */
class Seen {
  readonly #chart: Omit<ChartCoverage, 'seen'>
  readonly #all: { readonly [Kind in CoverageKind]: ReadonlySet<string> }
  readonly #seen = newSets()
  #fresh = newSets()
  #isFresh = true

  constructor(chart: AnyChart) {
    const outline = outlineOf(chart)
    this.#chart = { ...chartOf(chart), outline }
    this.#all = byKind((kind) => new Set(outline[kind]))
  }

  note(kind: CoverageKind, name: string): void {
    if (!this.#all[kind].has(name)) return
    this.#seen[kind].add(name)
    this.#fresh[kind].add(name)
    this.#isFresh = true
  }

  data(): ChartCoverage {
    return { ...this.#chart, seen: byKind((kind) => sorted(this.#seen[kind])) }
  }

  take(): ChartCoverage | undefined {
    if (!this.#isFresh) return undefined
    const fresh = this.#fresh
    this.#fresh = newSets()
    this.#isFresh = false
    return { ...this.#chart, seen: byKind((kind) => sorted(fresh[kind])) }
  }
}

const newSets = (): { readonly [Kind in CoverageKind]: Set<string> } => byKind(() => new Set())

function chartOf({ name, version, fingerprint }: AnyChart): Omit<ChartCoverage, 'seen' | 'outline'> {
  return { chart: name, version, fingerprint }
}

/** Follows one flip; undefined for one that the chart does not declare. */
class SeenFlip implements FlipWatch {
  readonly trace = undefined
  readonly #flip: FlipSpec | undefined
  readonly #note: Note

  constructor(flip: FlipSpec | undefined, note: Note) {
    this.#flip = flip
    this.#note = note
  }

  waited(): void {}

  going({ from }: { readonly from: string }): void {
    this.#note('phases', from)
  }

  joined(): void {}

  taken(): void {}

  begin(part: Part): PartWatch {
    return new SeenPart(this.#flip?.name ?? '', part, this.#note)
  }

  ended({ outcome, failure }: WatchedEnd): void {
    const { name = '', to = '' } = this.#flip ?? {}
    if (outcome === 'committed') {
      this.#note('flips', named.flip(name, 'committed'))
      this.#note('phases', to)
    }
    if (outcome === 'rolledBack') this.#note('flips', named.flip(name, 'rolled back'))
    if (outcome === 'stuck') this.#note('flips', named.flip(name, 'stuck'))
    if (outcome === 'refused' && failure?.code === 'FLIP_ILLEGAL') this.#note('flips', named.flip(name, 'illegal'))
  }
}

/** Codes by which a step has failed by itself: it was neither told to stop, nor was somebody else faster. */
const STEP_FAILURES: ReadonlySet<string> = new Set(['STEP_FAILED', 'STEP_TIMEOUT', 'FLIP_TIMEOUT'])

class SeenPart implements PartWatch {
  readonly #flip: string
  readonly #part: Part
  readonly #note: Note

  constructor(flip: string, part: Part, note: Note) {
    this.#flip = flip
    this.#part = part
    this.#note = note
    if (part.kind === 'undo') note('undos', named.undo(flip, part.name))
  }

  run<Result>(call: () => Result): Result {
    return call()
  }

  again(): void {}

  ended(failure: PartFailure | undefined): void {
    const { kind, name } = this.#part
    const flip = this.#flip
    const code = failure?.code
    if (kind === 'guard') this.#note('guards', named.guard(flip, name, code === undefined ? 'yes' : 'no'))
    if (kind === 'confirm' && code === undefined) this.#note('confirms', named.confirm(flip, name, 'yes'))
    if (kind === 'confirm' && code === 'CONFIRM_TIMEOUT') this.#note('confirms', named.confirm(flip, name, 'timed out'))
    if (kind === 'step' && code === undefined) this.#note('steps', named.step(flip, name, 'done'))
    if (kind === 'step' && STEP_FAILURES.has(code ?? '')) this.#note('steps', named.step(flip, name, 'failed'))
  }
}
