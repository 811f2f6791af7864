import { sleep, unreachable } from '../../base/index.ts'
import type { AnyChart, ConfirmSpec, FlipSpec, GuardSpec, StepSpec } from '../../chart/index.ts'
import type { Clock } from '../../ports/index.ts'
import type { Faults } from './faults.ts'
import { throughBorder } from './outside.ts'
import { keyOf, type PartName, placeOf } from './parts.ts'
import type { SimulatedProcess } from './process.ts'

/** A function of a flip, as it was declared or as a test has replaced it. */
export type Play = (...given: never[]) => unknown

/** A call of one of its functions. */
export interface PlayedCall {
  readonly part: PartName
  /** Of steps, confirms and undos. */
  readonly flipId: string | undefined
  readonly stepKey: string | undefined
  readonly epoch: number | undefined
  ended: 'returned' | 'threw' | undefined
}

/** Where a chart is played. It stands in the place of the dependencies, until a function is called. */
export interface Scene {
  readonly process: SimulatedProcess
  readonly clock: Clock
  readonly deps: unknown
  readonly faults: Faults
  /** By `keyOf`. */
  readonly replaced: ReadonlyMap<string, Play>
  readonly called: (call: PlayedCall) => void
}

interface Context {
  deps: unknown
  readonly flipId?: string
  readonly stepKey?: string
  readonly epoch?: number
}

const known = new WeakMap<AnyChart, AnyChart>()

/**
 * The chart as it is played in a scene: its functions are calls across the border of the scene's process, and so is what
 * they call. All else is as declared, so that every process, and the journal, knows it as the same chart.
 */
export function played(chart: AnyChart): AnyChart {
  const found = known.get(chart)
  if (found !== undefined) return found
  const made = { ...chart, flips: new Map([...chart.flips].map(([name, flip]) => [name, playedFlip(flip)])) }
  known.set(chart, made)
  return made
}

function playedFlip(flip: FlipSpec): FlipSpec {
  const play = <Run extends Play>(kind: PartName['kind'], name: string, run: Run): Run =>
    inScene({ kind, flip: flip.name, name }, run)
  return {
    ...flip,
    guards: flip.guards.map((guard): GuardSpec => ({ ...guard, check: play('guard', guard.name, guard.check) })),
    steps: flip.steps.map((step) => playedStep(step, play)),
    confirms: flip.confirms.map(
      (confirm): ConfirmSpec => ({ ...confirm, check: play('confirm', confirm.name, confirm.check) }),
    ),
  }
}

type PlayOf = <Run extends Play>(kind: PartName['kind'], name: string, run: Run) => Run

function playedStep(step: StepSpec, play: PlayOf): StepSpec {
  const { name } = step
  const undo = <Undo extends { readonly run: Play }>(declared: Undo): Undo => ({
    ...declared,
    run: play('undo', name, declared.run),
  })
  // The same twice: only so does TypeScript see which kind of step goes with which kind of undo.
  return step.atomic
    ? { ...step, run: play('step', name, step.run), compensate: step.compensate && undo(step.compensate) }
    : { ...step, run: play('step', name, step.run), compensate: step.compensate && undo(step.compensate) }
}

function inScene<Run extends Play>(part: PartName, declared: Run): Run {
  const [place, key] = [placeOf(part), keyOf(part)]
  const call = (given: readonly unknown[], context: Context, scene: Scene): unknown => {
    const { process, clock, deps } = scene
    context.deps = throughBorder(deps, { process, clock, from: place })
    const { flipId, stepKey, epoch } = context
    const made: PlayedCall = { part, flipId, stepKey, epoch, ended: undefined }
    scene.called(made)
    const run = scene.replaced.get(key) ?? declared
    return witnessed(made, () => (run as (...args: readonly unknown[]) => unknown)(...given))
  }
  const inIt = (...given: readonly unknown[]): unknown => {
    const context = given.at(-1) as Context
    const scene = context.deps as Scene
    return scene.process.reach(place, () =>
      withFault(scene.faults.take(part), scene, () => call(given, context, scene)),
    )
  }
  return inIt as unknown as Run
}

function witnessed(made: PlayedCall, call: () => unknown): unknown {
  made.ended = 'threw'
  const answer = call()
  if (typeof (answer as PromiseLike<unknown> | undefined | null)?.then !== 'function') {
    made.ended = 'returned'
    return answer
  }
  made.ended = undefined
  return Promise.resolve(answer).then(
    (value: unknown) => {
      made.ended = 'returned'
      return value
    },
    (error: unknown) => {
      made.ended = 'threw'
      throw error
    },
  )
}

function withFault(fault: ReturnType<Faults['take']>, { process, clock }: Scene, call: () => unknown): unknown {
  if (fault === undefined) return call()
  switch (fault.type) {
    case 'fail':
      return fail(fault, call)
    case 'hang':
      return new Promise(() => undefined)
    case 'slow':
      return sleep(process.clock(clock), fault.ms).then(call)
    case 'crash':
      return crash(fault.when, process, call)
    default:
      return unreachable(fault)
  }
}

async function fail({ late, error }: { readonly late: boolean; readonly error: unknown }, call: () => unknown) {
  if (late) await call()
  throw error
}

async function crash(when: 'before' | 'after', process: SimulatedProcess, call: () => unknown): Promise<unknown> {
  const answer = when === 'after' ? await call() : undefined
  process.kill()
  return answer
}
