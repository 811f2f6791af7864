import type { FlipOptions } from '../../gate/index.ts'

/** A flip on a path. */
export interface PathFlip<Phases extends string = string, Flips extends string = string> {
  readonly flip: Flips
  readonly from: Phases
  readonly to: Phases
  /** Where a timer of `from` makes the flip by itself: after how many ms. */
  readonly afterMs: number | undefined
}

/** What a path is walked on: a simulation, or a subject. */
export interface Walker {
  flip(name: never, input?: never, options?: FlipOptions): Promise<unknown>
  phase(): Promise<string>
  /** Needed to wait for timers. */
  advance?(ms: number): Promise<void>
}

/** Options of `path.walk(walker, options)`. */
export interface WalkOptions {
  /**
   * Whether a flip that the first timer of its phase makes is waited for, instead of being asked for: by `walker.advance`.
   * @default false
   */
  readonly timers?: boolean | undefined
}

/** A way from the initial phase to `phase`, as a test case: `test.each(paths(chart).shortest)('$name', (path) => …)`. */
export interface ChartPath<Phases extends string = string, Flips extends string = string> {
  /** `serving → draining → stopped`; with the flips between, where others lead through the same phases. */
  readonly name: string
  /** Where it ends. */
  readonly phase: Phases
  /** Empty for the initial phase. */
  readonly flips: readonly PathFlip<Phases, Flips>[]
  /**
   * Flips from phase to phase, and looks after each that the subject is where the chart says.
   * @throws NOT_IN_PHASE when it is elsewhere, and what a flip throws
   */
  walk(walker: Walker, options?: WalkOptions): Promise<void>
}

/** The paths of a chart, found when they are first asked for. */
export interface ChartPaths<Phases extends string = string, Flips extends string = string> {
  /** One to every phase, as short as can be. */
  readonly shortest: readonly ChartPath<Phases, Flips>[]
  /** All that enter no phase twice. @throws PATHS_EXCEEDED when there are more than `most` */
  readonly simple: readonly ChartPath<Phases, Flips>[]
}
