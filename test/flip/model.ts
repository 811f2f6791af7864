import { origin } from '../../src/flip/evolve.ts'
import { isPastReturn, type Outcome, type Plan, type Work } from '../../src/flip/protocol.ts'
import type { Body, Failure, Head } from '../../src/ports/index.ts'
import { arrive, transact } from './atomic.ts'
import type { Model, Move } from './explore.ts'
import { afterConflict, ask, called, crash, goingOn, hear, IDLE, move, NOTHING, seat, store, taking } from './moves.ts'
import type { Rules } from './rules.ts'
import { type Budget, keyOf, NAMES, type Name, ownersOf, type State, type Writing } from './state.ts'
import { act, UNTOUCHED, type World } from './world.ts'

// A journal with one subject, two processes, two callers with one key, and an operator: everything that can happen to
// a flip, in any order, made of the protocol's own functions. The loop is the one of `Run`, without time.

export interface Setting {
  readonly plan: Plan
  readonly budget: Budget
  /** The digest of what the caller at each process asks for. @default the same */
  readonly inputs?: Readonly<Record<Name, string>>
}

const CHART = { version: 1, fingerprint: 'chart' }
/** Legal from both ends: only the key keeps a second caller from a second run. */
const TABLE = { from: { go: 'to' }, to: { go: 'to' } }
const KEY = 'key'
const ORDERS = [
  { how: 'retry', phase: 'to' },
  { how: 'skip', phase: 'to' },
  { how: 'force', phase: 'from' },
  { how: 'force', phase: 'to' },
] as const
const FAILED: Failure = { code: 'STEP_FAILED', message: '' }

export function modelOf(setting: Setting, rules: Rules): Model<State> {
  const { plan, budget } = setting
  const initial: State = {
    head: origin(CHART, 'from'),
    settled: undefined,
    owners: { A: IDLE, B: IDLE },
    world: UNTOUCHED,
    flying: undefined,
    left: budget,
    past: { ended: NOTHING, orders: NOTHING },
    appended: NOTHING,
  }
  const life = new Life(plan, rules, setting.inputs ?? { A: 'same', B: 'same' })
  return { initial, keyOf, actions: (state) => life.actions(state) }
}

class Life {
  readonly #plan: Plan
  readonly #rules: Rules
  readonly #inputs: Readonly<Record<Name, string>>

  constructor(plan: Plan, rules: Rules, inputs: Readonly<Record<Name, string>>) {
    this.#plan = plan
    this.#rules = rules
    this.#inputs = inputs
  }

  actions(state: State): readonly Move<State>[] {
    const moves = NAMES.flatMap((name) => [...this.#ofOwner(state, name), ...crash(state, name)])
    return [...moves, ...this.#cancel(state), ...arrive(state, this.#plan, this.#rules)]
  }

  #ofOwner(state: State, name: Name): readonly Move<State>[] {
    const owner = state.owners[name]
    switch (owner.type) {
      case 'idle':
        return [...ask(state, name), ...this.#adopt(state, name), ...this.#operate(state, name)]
      case 'asking':
        return this.#decide(state, name, owner.base)
      case 'acting':
        return [...this.#perform(state, name, owner.base), ...hear(state, name, this.#rules)]
      case 'writing':
        return [...this.#write(state, name, owner), ...hear(state, name, this.#rules)]
    }
  }

  /** The head may be an old one; what is stored against the key is read after it. */
  #decide(state: State, name: Name, base: Head): readonly Move<State>[] {
    const key = { text: KEY, fingerprint: this.#inputs[name] }
    const request = { flip: 'go', key, believed: undefined, timerAt: undefined }
    const decision = this.#rules.decide(base, state.settled, request, TABLE)
    const answered = move(`${name} is told: ${decision.type}`, state, { owners: seat(state, name, IDLE) })
    if (decision.type === 'join') return [answered]
    if (decision.type !== 'go') return [{ ...answered, next: called(answered.next, name) }]
    if (state.left.attempts === 0) return [answered]
    const { from, to, attempt } = decision
    const named = { flipId: `f${base.epoch + 1}`, flip: 'go', from, to, chart: CHART, input: undefined, key: KEY }
    const whose = {
      fingerprint: key.fingerprint,
      attempt,
      actor: undefined,
      owner: name,
      deadline: 0,
      trace: undefined,
      breakGlass: undefined,
    }
    const claim = taking(base, base.epoch + 1, [{ kind: 'requested', ...named, ...whose }])
    return [move(`${name} is told: go`, state, { owners: seat(state, name, claim) })]
  }

  /** Takes over from the dead; or from the living, who were paused for longer than their lease. */
  #adopt(state: State, name: Name): readonly Move<State>[] {
    const { head, left } = state
    if (head.flip === undefined || head.flip.course.type === 'stuck') return NOTHING
    const paused = ownersOf(state)[0]
    if (paused !== undefined && left.pauses === 0) return NOTHING
    const happened = this.#rules.adopt(head.flip, this.#plan, name)
    const owners = seat(state, name, taking(head, this.#rules.adoptedEpoch(head.epoch), happened))
    if (paused === undefined) return [move(`${name} finds the flip without an owner`, state, { owners })]
    const why = `${paused} pauses past its lease, and ${name} finds the flip without an owner`
    return [move(why, state, { owners, left: { ...left, pauses: left.pauses - 1 } })]
  }

  /** One append at once: whoever is awake has nothing to write while the flip is stuck. */
  #operate(state: State, name: Name): readonly Move<State>[] {
    const { flip, epoch } = state.head
    const through = NAMES.find((candidate) => state.owners[candidate].type === 'idle')
    if (flip?.course.type !== 'stuck' || name !== through) return NOTHING
    return ORDERS.map(({ how, phase }) => {
      const order = {
        kind: 'resolved',
        flipId: flip.id,
        how,
        actor: { id: 'kim' },
        reason: '',
        owner: name,
        deadline: 0,
      } as const
      const happened = this.#rules.resolve(flip, this.#plan, order, phase)
      const change = this.#rules.unfold(state.head, happened, this.#plan, { at: 0, epoch: epoch + 1 })
      const stored = store(state, change, undefined)
      const label = `an operator orders ${how}${how === 'force' ? ` "${phase}"` : ''}, through ${name}`
      return { label, next: { ...stored, owners: seat(state, name, goingOn(change)) } }
    })
  }

  #perform(state: State, name: Name, base: Head): readonly Move<State>[] {
    if (base.flip === undefined) return NOTHING
    const { flip } = base
    const action = this.#rules.next(flip, this.#plan)
    if (action.type === 'rest') return [move(`${name} leaves the flip`, state, { owners: seat(state, name, IDLE) })]
    const write = (happened: readonly Body[], onConflict: Writing['onConflict']): State['owners'] =>
      seat(state, name, { type: 'writing', base, epoch: base.epoch, happened, onConflict, isStored: false })
    if (action.type === 'write') {
      return [move(`${name} sees that it is ${action.body.kind}`, state, { owners: write([action.body], 'look') })]
    }
    if (action.type !== 'confirm' && this.#step(action.step)?.atomic === true) {
      return transact(state, name, { base, flip, work: action, plan: this.#plan, rules: this.#rules })
    }
    return this.#outcomes(state, base, action).map(({ text, outcome, world, isFault }) => {
      const happened = [this.#rules.report(flip, this.#plan, action, outcome)]
      const owners = write(happened, action.type === 'confirm' && outcome.type === 'done' ? 'look' : 'again')
      const left = { ...state.left, failures: state.left.failures - (isFault ? 1 : 0) }
      return move(`${name} (epoch ${base.epoch}) ${text}`, state, { owners, world, left })
    })
  }

  #outcomes({ world, left }: State, { epoch, flip }: Head, work: Work): readonly Performed[] {
    const fault = (text: string, after: World, how: { begun: boolean; terminal?: true }): Performed => {
      const failure = how.terminal ? { ...FAILED, terminal: true } : FAILED
      return { text, outcome: { type: 'failed', failure, begun: how.begun }, world: after, isFault: true }
    }
    const done = (text: string, after: World): Performed => ({
      text,
      outcome: { type: 'done', output: undefined },
      world: after,
      isFault: false,
    })
    const mayFail = left.failures > 0
    if (work.type === 'confirm') {
      const passed = done('confirms', world)
      return mayFail ? [passed, fault('waits for a confirm in vain', world, { begun: true })] : [passed]
    }
    const text = `${work.type === 'run' ? 'runs' : 'undoes'} ${work.step}`
    const isRepeatable = this.#step(work.step)?.once !== true || work.type === 'undo'
    const after = act(world, { flipId: flip?.id ?? '', type: work.type, step: work.step }, { epoch, isRepeatable })
    if (after === undefined)
      return [{ ...fault(`${text}: refused by its resource`, world, { begun: true }), isFault: false }]
    if (!mayFail) return [done(text, after)]
    const faults = [
      fault(`${text}: fails before it had an effect`, world, { begun: true }),
      fault(`${text}: fails after it had its effect`, after, { begun: true }),
    ]
    if (work.type === 'undo') return [done(text, after), ...faults]
    const early = fault(`${text}: fails before it began`, world, { begun: false })
    if (left.attempts === 0) return [done(text, after), ...faults, early]
    // Of interest only where somebody may try again.
    const terminal = fault(`${text}: fails for good after it had its effect`, after, { begun: true, terminal: true })
    return [done(text, after), ...faults, early, terminal]
  }

  #step(name: string): Plan['steps'][number] | undefined {
    return this.#plan.steps.find((step) => step.name === name)
  }

  #write(state: State, name: Name, owner: Writing): readonly Move<State>[] {
    const { happened, base, epoch, isStored } = owner
    const kinds = `${name} (epoch ${epoch}) appends ${happened.map(({ kind }) => kind).join(' + ')}`
    const change = this.#rules.unfold(base, happened, this.#plan, { at: 0, epoch })
    const going = seat(state, name, goingOn(change))
    if (isStored && this.#rules.knowsOpIds) return [move(`${kinds} again: it was stored`, state, { owners: going })]
    if (!this.#rules.accepts(state.head, base)) {
      return [move(`${kinds}: in vain`, state, { owners: seat(state, name, afterConflict(state, owner, this.#rules)) })]
    }
    const stored = store(state, change, name)
    const { left } = stored
    const accepted = { label: kinds, next: { ...stored, owners: going } }
    if (left.lostAnswers === 0) return [accepted]
    const unanswered = { ...stored, owners: seat(state, name, { ...owner, isStored: true }) }
    const lost = { ...unanswered, left: { ...left, lostAnswers: left.lostAnswers - 1 } }
    return [accepted, { label: `${kinds}: stored, its answer lost`, next: lost }]
  }

  /** A third party asks for a cancel, as long as the journal shows a flip that can go back. */
  #cancel(state: State): readonly Move<State>[] {
    const { head, left } = state
    const { flip, epoch } = head
    if (left.cancels === 0 || flip?.course.type !== 'forward' || flip.cancel !== undefined) return NOTHING
    if (isPastReturn(flip, this.#plan)) return NOTHING
    const happened: Body = { kind: 'cancelRequested', flipId: flip.id, actor: undefined, reason: '' }
    const change = this.#rules.unfold(head, [happened], undefined, { at: 0, epoch })
    const stored = store(state, change, undefined)
    return [{ label: 'somebody cancels', next: { ...stored, left: { ...left, cancels: left.cancels - 1 } } }]
  }
}

interface Performed {
  readonly text: string
  readonly outcome: Outcome
  readonly world: World
  /** Whether it counts against the failures that may still happen. */
  readonly isFault: boolean
}
