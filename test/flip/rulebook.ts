import type { Action, Change, Outcome, Plan } from '../../src/flip/protocol.ts'
import type { Body, Failure, FlipState, Head } from '../../src/ports/index.ts'
import type { Known } from './known.ts'
import { taking } from './moves.ts'
import type { Rules } from './rules.ts'
import type { Name, Writing } from './state.ts'
import type { Scene, World } from './world.ts'

const FAILED: Failure = { code: 'STEP_FAILED', message: '' }
const OUTCOMES = {
  done: { type: 'done', output: undefined },
  failed: { type: 'failed', failure: FAILED, begun: true },
  early: { type: 'failed', failure: FAILED, begun: false },
  terminal: { type: 'failed', failure: { ...FAILED, terminal: true }, begun: true },
  // Of a transaction, which is taken back.
  terminalEarly: { type: 'failed', failure: { ...FAILED, terminal: true }, begun: false },
} as const satisfies Record<string, Outcome>

export type HowItWent = keyof typeof OUTCOMES

const ORDERS = [
  { how: 'retry', phase: 'to' },
  { how: 'skip', phase: 'to' },
  { how: 'force', phase: 'from' },
  { how: 'force', phase: 'to' },
] as const

export interface Ordered {
  readonly how: string
  readonly phase: string
  readonly change: Change
}

/** What is to be done upon a head. */
export interface Task {
  readonly flip: FlipState
  readonly action: Action
  /** It and its record are one transaction. */
  readonly isAtomic: boolean
  /** What is written of it. */
  readonly told: { [How in HowItWent]?: readonly Body[] }
  readonly written: { [How in HowItWent]?: Writing }
  /** What it makes of each world; null: its resource refuses. */
  readonly acted: Map<World, World | null>
}

/** The rules, each asked once for the same: they are pure, and many states share the heads that they are asked about. */
export class Rulebook {
  readonly rules: Rules
  readonly plan: Plan
  readonly #known: Known
  readonly #tasks = new Map<Head, Task>()
  readonly #changes = new Map<number, Change>()
  readonly #notes = new Map<number, Change>()
  readonly #cancels = new Map<string, readonly Body[]>()
  readonly #adopting = { A: new Map<Head, Writing>(), B: new Map<Head, Writing>() }
  readonly #ordered = { A: new Map<Head, readonly Ordered[]>(), B: new Map<Head, readonly Ordered[]>() }

  constructor(rules: Rules, plan: Plan, known: Known) {
    this.rules = rules
    this.plan = plan
    this.#known = known
  }

  taskOf(base: Head, flip: FlipState): Task {
    const known = this.#tasks.get(base)
    if (known !== undefined) return known
    const action = this.rules.next(flip, this.plan)
    const step = action.type === 'run' || action.type === 'undo' ? action.step : undefined
    const isAtomic = this.plan.steps.some(({ name, atomic }) => atomic && name === step)
    const task = { flip, action, isAtomic, told: {}, written: {}, acted: new Map() }
    this.#tasks.set(base, task)
    return task
  }

  report(task: Task, how: HowItWent): readonly Body[] {
    return (task.told[how] ??= this.#known.happened.one([this.#tell(task, how)]))
  }

  #tell({ flip, action }: Task, how: HowItWent): Body {
    if (action.type === 'write') return action.body
    if (action.type === 'rest') throw new TypeError('there is nothing to be told of a rest')
    return this.rules.report(flip, this.plan, action, OUTCOMES[how])
  }

  /** The owner who has done the task, and is about to write of it. */
  written(base: Head, task: Task, how: HowItWent): Writing {
    const known = task.written[how]
    if (known !== undefined) return known
    const { action, isAtomic } = task
    const looks = action.type === 'write' || isAtomic || (action.type === 'confirm' && how === 'done')
    const onConflict = looks ? 'look' : 'again'
    const happened = this.report(task, how)
    const draft = { base, epoch: base.epoch, happened, onConflict, isStored: false } as const
    return (task.written[how] = this.#known.writing(draft))
  }

  acted({ acted }: Task, world: World, act: () => Scene | undefined): World | undefined {
    let after = acted.get(world)
    if (after === undefined) {
      const done = act()
      after = done === undefined ? null : this.#known.world(done)
      acted.set(world, after)
    }
    return after ?? undefined
  }

  cancel({ id }: FlipState): readonly Body[] {
    const known = this.#cancels.get(id)
    if (known !== undefined) return known
    const body: Body = { kind: 'cancelRequested', flipId: id, actor: undefined, reason: '' }
    const happened = this.#known.happened.one([body])
    this.#cancels.set(id, happened)
    return happened
  }

  /** The owner who takes over the flip of another. */
  adopting(head: Head, flip: FlipState, owner: Name): Writing {
    return of(this.#adopting[owner], head, () => {
      const happened = this.#known.happened.one(this.rules.adopt(flip, this.plan, owner))
      return this.#known.writing(taking(head, this.rules.adoptedEpoch(head.epoch), happened))
    })
  }

  /** What becomes of a stuck flip by each order of an operator. */
  ordered(head: Head, flip: FlipState, owner: Name): readonly Ordered[] {
    return of(this.#ordered[owner], head, () =>
      ORDERS.map(({ how, phase }) => {
        const order = {
          kind: 'resolved',
          flipId: flip.id,
          how,
          actor: { id: 'kim' },
          reason: '',
          owner,
          deadline: 0,
        } as const
        const happened = this.#known.happened.one(this.rules.resolve(flip, this.plan, order, phase))
        return { how, phase, change: this.unfold(head, happened, head.epoch + 1) }
      }),
    )
  }

  /** What follows upon this head, under this epoch. */
  unfold(base: Head, happened: readonly Body[], epoch: number): Change {
    return this.#unfold(this.#changes, this.plan, base, { happened, epoch })
  }

  /** What a third party writes, who has no plan. */
  note(base: Head, happened: readonly Body[]): Change {
    return this.#unfold(this.#notes, undefined, base, { happened, epoch: base.epoch })
  }

  #unfold(
    changes: Map<number, Change>,
    plan: Plan | undefined,
    base: Head,
    { happened, epoch }: { readonly happened: readonly Body[]; readonly epoch: number },
  ): Change {
    const { heads } = this.#known
    const number = (heads.numberOf(base) * 2 ** 16 + this.#known.happened.numberOf(happened)) * 16 + epoch
    const known = changes.get(number)
    if (known !== undefined) return known
    const change = this.rules.unfold(base, happened, plan, { at: 0, epoch })
    const kept = { ...change, head: heads.one(change.head) }
    changes.set(number, kept)
    return kept
  }
}

function of<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const one = known.get(key) ?? make()
  known.set(key, one)
  return one
}
