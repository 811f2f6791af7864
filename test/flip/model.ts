import { origin } from '../../src/flip/evolve.ts'
import { isPastReturn, type Plan, type Work } from '../../src/flip/protocol.ts'
import type { Head } from '../../src/ports/index.ts'
import type { Model } from '../../src/testing/explore/index.ts'
import { Atomic } from './atomic.ts'
import { IDLE, Known } from './known.ts'
import {
  afterConflict,
  called,
  goingOn,
  hears,
  type Move,
  NOTHING,
  seat,
  seated,
  store,
  taking,
  withOwners,
} from './moves.ts'
import { type HowItWent, Rulebook, type Task } from './rulebook.ts'
import type { Rules } from './rules.ts'
import { type Budget, NAMES, type Name, ownersOf, type State, type Writing } from './state.ts'
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
export function modelOf(setting: Setting, rules: Rules): Model<State, Move> {
  const { plan, budget } = setting
  const known = new Known()
  const initial: State = {
    head: known.heads.one(origin(CHART, 'from')),
    settled: undefined,
    owners: { A: IDLE, B: IDLE },
    world: known.world(UNTOUCHED),
    flying: undefined,
    left: budget,
    past: known.past({ ended: NOTHING, orders: NOTHING }),
    appended: NOTHING,
  }
  const life = new Life(new Rulebook(rules, plan, known), known, setting.inputs ?? { A: 'same', B: 'same' })
  return {
    init: [initial],
    actions: (state) => life.actions(state),
    next: (_, { next }) => next,
    key: (state) => known.keyOf(state),
    describe: ({ label }) => ({ actor: undefined, action: label() }),
  }
}

class Life {
  readonly #book: Rulebook
  readonly #known: Known
  readonly #inputs: Readonly<Record<Name, string>>
  readonly #atomic: Atomic

  constructor(book: Rulebook, known: Known, inputs: Readonly<Record<Name, string>>) {
    this.#book = book
    this.#known = known
    this.#inputs = inputs
    this.#atomic = new Atomic(book, known)
  }

  actions(state: State): readonly Move[] {
    const moves: Move[] = []
    for (const name of NAMES) {
      this.#ofOwner(state, name, moves)
      this.#crash(state, name, moves)
    }
    this.#cancel(state, moves)
    this.#atomic.arrive(state, moves)
    return moves
  }

  #ofOwner(state: State, name: Name, moves: Move[]): void {
    const owner = state.owners[name]
    switch (owner.type) {
      case 'idle':
        this.#ask(state, name, moves)
        this.#adopt(state, name, moves)
        return this.#operate(state, name, moves)
      case 'asking':
        return this.#decide(state, name, owner.base, moves)
      case 'acting':
        this.#perform(state, name, owner.base, moves)
        return this.#hear(state, name, moves)
      case 'writing':
        this.#write(state, name, owner, moves)
        return this.#hear(state, name, moves)
    }
  }

  /** A caller asks under the key: the process reads the head. */
  #ask(state: State, name: Name, moves: Move[]): void {
    if (state.left.calls[name] === 0) return
    const owners = seat(state.owners, name, this.#known.asking(state.head))
    moves.push({ label: () => `a caller asks ${name}`, next: seated(state, owners) })
  }

  /** `kill -9`, and a new start that remembers nothing. */
  #crash(state: State, name: Name, moves: Move[]): void {
    const { left, owners } = state
    if (left.crashes[name] === 0 || owners[name].type === 'idle') return
    const crashes = { ...left.crashes, [name]: left.crashes[name] - 1 }
    const next = seated(state, seat(owners, name, IDLE), state.world, { ...left, crashes })
    moves.push({ label: () => `${name} crashes`, next })
  }

  #hear(state: State, name: Name, moves: Move[]): void {
    const owner = hears(this.#known, state, state.owners[name], this.#book.rules)
    if (owner === undefined) return
    const next = seated(state, seat(state.owners, name, owner))
    moves.push({ label: () => `${name} hears of a new record`, next })
  }

  /** The head may be an old one; what is stored against the key is read after it. */
  #decide(state: State, name: Name, base: Head, moves: Move[]): void {
    const { rules } = this.#book
    const key = { text: KEY, fingerprint: this.#inputs[name] }
    const request = { flip: 'go', key, believed: undefined, timerAt: undefined }
    const decision = rules.decide(base, state.settled, request, TABLE)
    const label = (): string => `${name} is told: ${decision.type}`
    const idle = seat(state.owners, name, IDLE)
    const { left } = state
    if (decision.type !== 'go' || left.attempts === 0) {
      const isCalled = decision.type !== 'go' && decision.type !== 'join'
      moves.push({ label, next: seated(state, idle, state.world, isCalled ? called(left, name) : left) })
      return
    }
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
    const happened = this.#known.happened.one([{ kind: 'requested', ...named, ...whose }])
    const claim = this.#known.writing(taking(base, base.epoch + 1, happened))
    moves.push({ label, next: seated(state, seat(state.owners, name, claim)) })
  }

  /** Takes over from the dead; or from the living, who were paused for longer than their lease. */
  #adopt(state: State, name: Name, moves: Move[]): void {
    const { head, left } = state
    if (head.flip === undefined || head.flip.course.type === 'stuck') return
    const paused = ownersOf(state)[0]
    if (paused !== undefined && left.pauses === 0) return
    const owners = seat(state.owners, name, this.#book.adopting(head, head.flip, name))
    const why = paused === undefined ? '' : `${paused} pauses past its lease, and `
    const spent = paused === undefined ? left : { ...left, pauses: left.pauses - 1 }
    const label = (): string => `${why}${name} finds the flip without an owner`
    moves.push({ label, next: seated(state, owners, state.world, spent) })
  }

  /** One append at once: whoever is awake has nothing to write while the flip is stuck. */
  #operate(state: State, name: Name, moves: Move[]): void {
    const { flip } = state.head
    if (flip?.course.type !== 'stuck') return
    const through = NAMES.find((candidate) => state.owners[candidate].type === 'idle')
    if (name !== through) return
    for (const { how, phase, change } of this.#book.ordered(state.head, flip, name)) {
      const stored = store(this.#known, state, change, undefined)
      const owners = seat(state.owners, name, goingOn(this.#known, change))
      const label = (): string => `an operator orders ${how}${how === 'force' ? ` "${phase}"` : ''}, through ${name}`
      moves.push({ label, next: withOwners(stored, owners) })
    }
  }

  #perform(state: State, name: Name, base: Head, moves: Move[]): void {
    if (base.flip === undefined) return
    const task = this.#book.taskOf(base, base.flip)
    const { action } = task
    if (action.type === 'rest') {
      const next = seated(state, seat(state.owners, name, IDLE))
      moves.push({ label: () => `${name} leaves the flip`, next })
      return
    }
    if (action.type === 'write') {
      const { kind } = action.body
      const next = seated(state, seat(state.owners, name, this.#book.written(base, task, 'done')))
      moves.push({ label: () => `${name} sees that it is ${kind}`, next })
      return
    }
    if (action.type !== 'confirm' && task.isAtomic) {
      this.#atomic.transact(state, name, { base, task, work: action }, moves)
      return
    }
    for (const { how, text, world, isFault } of this.#outcomes(state, base, task, action)) {
      const owners = seat(state.owners, name, this.#book.written(base, task, how))
      const left = isFault ? { ...state.left, failures: state.left.failures - 1 } : state.left
      moves.push({ label: () => `${name} (epoch ${base.epoch}) ${text()}`, next: seated(state, owners, world, left) })
    }
  }

  #outcomes({ world, left }: State, { epoch }: Head, task: Task, work: Work): readonly Performed[] {
    const mayFail = left.failures > 0
    if (work.type === 'confirm') {
      const passed = { how: 'done', text: () => 'confirms', world, isFault: false } as const
      if (!mayFail) return [passed]
      return [passed, { how: 'failed', text: () => 'waits for a confirm in vain', world, isFault: true }]
    }
    const text = (how: string) => () => `${work.type === 'run' ? 'runs' : 'undoes'} ${work.step}${how}`
    const isRepeatable = work.type === 'undo' || this.#step(work.step)?.once !== true
    const effect = { flipId: task.flip.id, type: work.type, step: work.step }
    const after = this.#book.acted(task, world, () => act(world, effect, { epoch, isRepeatable }))
    if (after === undefined) return [{ how: 'failed', text: text(': refused by its resource'), world, isFault: false }]
    const done = { how: 'done', text: text(''), world: after, isFault: false } as const
    if (!mayFail) return [done]
    const faults: Performed[] = [
      done,
      { how: 'failed', text: text(': fails before it had an effect'), world, isFault: true },
      { how: 'failed', text: text(': fails after it had its effect'), world: after, isFault: true },
    ]
    if (work.type === 'undo') return faults
    faults.push({ how: 'early', text: text(': fails before it began'), world, isFault: true })
    // Of interest only where somebody may try again.
    if (left.attempts === 0) return faults
    const forGood = ': fails for good after it had its effect'
    return [...faults, { how: 'terminal', text: text(forGood), world: after, isFault: true }]
  }

  #step(name: string): Plan['steps'][number] | undefined {
    return this.#book.plan.steps.find((step) => step.name === name)
  }

  #write(state: State, name: Name, owner: Writing, moves: Move[]): void {
    const { happened, base, epoch, isStored } = owner
    const { rules } = this.#book
    const kinds =
      (how = '') =>
      () =>
        `${name} (epoch ${epoch}) appends ${happened.map(({ kind }) => kind).join(' + ')}${how}`
    const change = (owner.change ??= this.#book.unfold(base, happened, epoch))
    const going = seat(state.owners, name, goingOn(this.#known, change))
    if (isStored && rules.knowsOpIds) {
      moves.push({ label: kinds(' again: it was stored'), next: seated(state, going) })
      return
    }
    if (!rules.accepts(state.head, base)) {
      const owners = seat(state.owners, name, afterConflict(this.#known, state, owner, rules))
      moves.push({ label: kinds(': in vain'), next: seated(state, owners) })
      return
    }
    const stored = store(this.#known, state, change, name)
    const { left } = stored
    moves.push({ label: kinds(), next: withOwners(stored, going) })
    if (left.lostAnswers === 0) return
    const unanswered = withOwners(stored, seat(state.owners, name, this.#known.writing({ ...owner, isStored: true })))
    const lost = { ...unanswered, left: { ...left, lostAnswers: left.lostAnswers - 1 } }
    moves.push({ label: kinds(': stored, its answer lost'), next: lost })
  }

  /** A third party asks for a cancel, as long as the journal shows a flip that can go back. */
  #cancel(state: State, moves: Move[]): void {
    const { head, left } = state
    const { flip } = head
    if (left.cancels === 0 || flip?.course.type !== 'forward' || flip.cancel !== undefined) return
    if (isPastReturn(flip, this.#book.plan)) return
    const happened = this.#book.cancel(flip)
    const stored = store(this.#known, state, this.#book.note(head, happened), undefined)
    moves.push({ label: () => 'somebody cancels', next: { ...stored, left: { ...left, cancels: left.cancels - 1 } } })
  }
}

interface Performed {
  readonly how: HowItWent
  readonly text: () => string
  readonly world: World
  /** Whether it counts against the failures that may still happen. */
  readonly isFault: boolean
}
