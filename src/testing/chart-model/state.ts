import type { AnyChart } from '../../chart/index.ts'
import { type Change, origin } from '../../flip/index.ts'
import type { Doing, Failure, FlipState, Head } from '../../ports/index.ts'

/** How many more of each may happen. */
export interface Budget {
  readonly crashes: number
  readonly failures: number
  readonly cancels: number
  readonly late: number
}

/** A subject of the chart, as `chartModel` sees it: small, and without what tells one run from the next. */
export interface ChartState<World = undefined, Phase extends string = string> {
  /** While a flip is in progress, the one that it leads out of. */
  readonly phase: Phase
  /** The flip in progress. */
  readonly flip: string | undefined
  /** Its steps that have completed. */
  readonly done: readonly string[]
  /** Its step that may have begun, and is not known to have ended. */
  readonly doubt: string | undefined
  /** Which way it is going. */
  readonly course: 'forward' | 'back' | 'stuck' | undefined
  /** Its steps that are still to be undone. */
  readonly undo: readonly string[]
  /** What it got stuck in. */
  readonly stuck: { readonly doing: Doing; readonly step: string; readonly then: 'forward' | 'back' } | undefined
  readonly cancelled: boolean
  /** An operator has let its confirms pass. */
  readonly confirmed: boolean
  /** Its owner lives. */
  readonly owned: boolean
  /** Its owner has tried the next step, and is about to try it again. The journal does not know. */
  readonly trying: boolean
  /** The flip of which the guards have said yes, and which is not claimed yet. */
  readonly asked: string | undefined
  /** Flips that a timer of the phase may ask for. */
  readonly timers: readonly string[]
  /**
   * Steps that had their effect, and were not undone: `drain.cordon`. A commit takes those of its flip away; what is left
   * while no flip is in progress was left behind.
   */
  readonly effects: readonly string[]
  readonly world: World
  readonly left: Budget
}

const NONE: readonly never[] = []
/** Why something failed makes no difference here. */
export const FAILURE: Failure = { code: 'STEP_FAILED', message: 'it failed' }
export const FLIP_ID = 'flip'
export const OWNER = 'owner'
/** Where records are written: epochs and times only tell runs apart. */
export const PLACE = { at: 0, epoch: 1 }

const AT_REST = {
  flip: undefined,
  done: NONE,
  doubt: undefined,
  course: undefined,
  undo: NONE,
  stuck: undefined,
  cancelled: false,
  confirmed: false,
  owned: false,
  trying: false,
} as const

export function stampOf({ version, fingerprint }: AnyChart): Head['chart'] {
  return { version, fingerprint }
}

export function initialState<World>(chart: AnyChart, world: World, left: Budget): ChartState<World> {
  return { phase: chart.initial, ...AT_REST, asked: undefined, timers: NONE, effects: NONE, world, left }
}

/** The head of a subject in this state: what the protocol decides by. */
export function headOf(chart: AnyChart, state: ChartState<unknown>): Head {
  const head = origin(stampOf(chart), state.phase)
  const timers = state.timers.map((flip) => ({ flip, at: 0 }))
  return { ...head, version: 1, epoch: 1, timers, flip: flipOf(chart, state) }
}

export function flipOf(chart: AnyChart, state: ChartState<unknown>): FlipState | undefined {
  const { flip, phase: from } = state
  if (flip === undefined) return undefined
  const nothing = { input: undefined, key: undefined, fingerprint: undefined, actor: undefined, trace: undefined }
  return {
    id: FLIP_ID,
    flip,
    from,
    to: chart.table[from]?.[flip] ?? from,
    ...nothing,
    attempt: 1,
    owner: OWNER,
    requestedAt: 0,
    deadline: 0,
    done: state.done.map((step) => ({ step, output: undefined })),
    doubt: state.doubt,
    confirmed: state.confirmed,
    cancel: state.cancelled ? { actor: undefined, reason: '' } : undefined,
    course: courseOf(state),
  }
}

function courseOf({ course, undo, stuck }: ChartState<unknown>): FlipState['course'] {
  if (course === 'stuck' && stuck !== undefined) {
    const { doing, step, then } = stuck
    return { type: 'stuck', doing, step, failure: FAILURE, then: going(then, undo) }
  }
  return going(course === 'back' ? 'back' : 'forward', undo)
}

function going(type: 'forward' | 'back', undo: readonly string[]): Exclude<FlipState['course'], { type: 'stuck' }> {
  return type === 'back' ? { type, failure: FAILURE, undo } : { type }
}

/** The state when the journal has taken the change. */
export function stateAfter<World>(state: ChartState<World>, { head, records }: Change): ChartState<World> {
  const timers = head.timers.length === 0 ? NONE : [...new Set(head.timers.map(({ flip }) => flip))].sort()
  const { phase, flip } = head
  if (flip === undefined) {
    const committed = records.find(({ kind }) => kind === 'committed') === undefined ? undefined : state.flip
    const effects = committed === undefined ? state.effects : without(state.effects, `${committed}.`)
    return { ...state, ...AT_REST, phase, timers, effects }
  }
  const { course } = flip
  const then = course.type === 'stuck' ? course.then : course
  const stuck = course.type === 'stuck' ? { doing: course.doing, step: course.step, then: then.type } : undefined
  return {
    ...state,
    phase,
    flip: flip.flip,
    done: flip.done.map(({ step }) => step),
    doubt: flip.doubt,
    course: course.type,
    undo: then.type === 'back' ? then.undo : NONE,
    stuck,
    cancelled: flip.cancel !== undefined,
    confirmed: flip.confirmed,
    owned: stuck === undefined && state.owned,
    trying: state.trying && records.every(({ kind }) => kind === 'cancelRequested'),
    timers,
  }
}

/** One less of these may happen. */
export function spent<World>(state: ChartState<World>, what: keyof Budget): ChartState<World> {
  const { left } = state
  return { ...state, left: { ...left, [what]: left[what] - 1 } }
}

function without(effects: readonly string[], prefix: string): readonly string[] {
  const others = effects.filter((effect) => !effect.startsWith(prefix))
  return others.length === effects.length ? effects : others
}
