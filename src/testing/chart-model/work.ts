import { unreachable } from '../../base/index.ts'
import type { AnyChart, FlipSpec, StepSpec } from '../../chart/index.ts'
import { next, type Outcome, report, unfold, type Work } from '../../flip/index.ts'
import type { FlipState } from '../../ports/index.ts'
import type { ChartAction } from './action.ts'
import type { Settings } from './options.ts'
import { type ChartState, FAILURE, headOf, PLACE, spent, stateAfter } from './state.ts'

/** What a living owner works on. */
export interface Shift<World> {
  readonly chart: AnyChart
  readonly settings: Settings<World>
  readonly spec: FlipSpec
  readonly flip: FlipState
}

/** How a piece of work may go. `told` undefined: its record is not written, or not yet. */
interface Way<World> {
  readonly name: string
  readonly told: Outcome | undefined
  readonly after: ChartState<World>
}

const DONE: Outcome = { type: 'done', output: undefined }
const FAILED: Outcome = { type: 'failed', failure: FAILURE, begun: true }
const TAKEN_BACK: Outcome = { type: 'failed', failure: FAILURE, begun: false }

/** What the owner may do now, and how it may go. */
export function worksOf<World>(shift: Shift<World>, state: ChartState<World>): readonly ChartAction<World>[] {
  const { chart, spec, flip } = shift
  const action = next(flip, spec)
  const head = headOf(chart, state)
  if (action.type === 'rest') return []
  const tried = state.trying && state.cancelled ? spec.steps[flip.done.length] : undefined
  if (tried !== undefined) {
    const body = report(flip, spec, { type: 'run', step: tried.name }, FAILED)
    return [acted(`gives up ${tried.name}`, stateAfter(state, unfold(head, [body], spec, PLACE)))]
  }
  if (action.type === 'write') {
    const written = stateAfter(state, unfold(head, [action.body], spec, PLACE))
    return [acted(`writes ${action.body.kind}`, written)]
  }
  return waysOf(shift, state, action).map(({ name, told, after }) => {
    if (told === undefined) return { ...acted(name, after), owed: after.owned ? 'the owner' : undefined }
    return acted(name, stateAfter(after, unfold(head, [report(flip, spec, action, told)], spec, PLACE)))
  })
}

function acted<World>(name: string, after: ChartState<World>): ChartAction<World> {
  return { actor: 'the owner', name, owed: 'the owner', next: after }
}

function waysOf<World>(shift: Shift<World>, state: ChartState<World>, work: Work): readonly Way<World>[] {
  switch (work.type) {
    case 'confirm':
      return confirmed(shift, state)
    case 'run':
      return ran(shift, state, work.step)
    case 'undo':
      return undone(shift, state, work.step)
    default:
      return unreachable(work)
  }
}

function confirmed<World>({ settings, spec }: Shift<World>, state: ChartState<World>): readonly Way<World>[] {
  const isSo = spec.confirms.every(({ name }) => settings.confirms.get(`${spec.name}.${name}`)?.(state.world) ?? true)
  const inVain = { name: 'waits for its confirms in vain', told: FAILED }
  if (!isSo) return [{ ...inVain, after: state }]
  const passed = { name: 'finds its confirms true', told: DONE, after: state }
  return state.left.failures === 0 ? [passed] : [passed, { ...inVain, after: spent(state, 'failures') }]
}

function ran<World>(shift: Shift<World>, state: ChartState<World>, name: string): readonly Way<World>[] {
  const step = stepOf(shift, name)
  const world = worldAfter(shift, state, name, 'run')
  if (world === undefined) return [{ name: `cannot run ${name}`, told: failureOf(step), after: state }]
  const effects = [...new Set([...state.effects, `${shift.spec.name}.${name}`])].sort()
  const ways = faults(state, { ...state, world: world.value, effects }, `runs ${name}`, step)
  if (step.retry.attempts === 1 || step.atomic || state.left.failures === 0) return ways
  const again = { ...spent(state, 'failures'), world: world.value, effects, trying: true }
  return [
    ...ways,
    { name: `runs ${name}, which fails after its effect and is tried again`, told: undefined, after: again },
  ]
}

function undone<World>(shift: Shift<World>, state: ChartState<World>, name: string): readonly Way<World>[] {
  const step = stepOf(shift, name)
  const world = worldAfter(shift, state, name, 'undo')
  if (world === undefined) return [{ name: `cannot undo ${name}`, told: failureOf(step), after: state }]
  const effects = state.effects.filter((effect) => effect !== `${shift.spec.name}.${name}`)
  return faults(state, { ...state, world: world.value, effects }, `undoes ${name}`, step)
}

/** It is done; it fails, before or after its effect; or its owner dies before it is recorded. */
function faults<World>(
  before: ChartState<World>,
  after: ChartState<World>,
  name: string,
  step: StepSpec,
): readonly Way<World>[] {
  const { failures, crashes } = before.left
  const ways: Way<World>[] = [{ name, told: DONE, after }]
  if (failures > 0) {
    ways.push({
      name: `${name}, which fails before its effect`,
      told: failureOf(step),
      after: spent(before, 'failures'),
    })
  }
  // The effect of a transaction and its record are one.
  if (step.atomic) return ways
  if (failures > 0) {
    ways.push({
      name: `${name}, which takes too long and had its effect`,
      told: FAILED,
      after: spent(after, 'failures'),
    })
  }
  if (crashes > 0) {
    ways.push({
      name: `${name}, and crashes before that is recorded`,
      told: undefined,
      after: { ...spent(after, 'crashes'), owned: false, trying: false },
    })
  }
  return ways
}

function failureOf({ atomic }: StepSpec): Outcome {
  return atomic ? TAKEN_BACK : FAILED
}

/** Undefined: it cannot be done in this world. */
function worldAfter<World>(
  { settings, spec }: Shift<World>,
  { world }: ChartState<World>,
  step: string,
  what: 'run' | 'undo',
): { readonly value: World } | undefined {
  const change = settings.steps.get(`${spec.name}.${step}`)?.[what]
  if (change === undefined) return { value: world }
  const value = change(world)
  return value === undefined ? undefined : { value }
}

function stepOf<World>({ spec }: Shift<World>, name: string): StepSpec {
  const step = spec.steps.find((each) => each.name === name)
  if (step === undefined) throw new TypeError(`flip "${spec.name}" has no step "${name}"`)
  return step
}
