import { isDeepStrictEqual } from 'node:util'
import { evolve } from '../../src/flip/evolve.ts'
import { isPastReturn, type Plan } from '../../src/flip/protocol.ts'
import type { FlipState, Head } from '../../src/ports/index.ts'
import { always, alwaysPossible, type Property } from '../../src/testing/explore/index.ts'
import type { Move } from './moves.ts'
import { isFinal, NAMES, ownersOf, type Past, type State } from './state.ts'
import { effectsOf, isSame, type World } from './world.ts'

/** What must always be so: asked for every move, so for every way into a state. */
interface Invariant {
  readonly name: string
  holds(state: State, before: State): boolean
}

/** What must be so, whatever happens; judged by what took place in the world, not by what the records say of it. */
export function claimsOn(plan: Plan): readonly Property<State, Move>[] {
  const invariants = [
    ...ofTheJournal.map(whenAppended),
    ...ofTheKey.map(whenSettled),
    ...ofTheFlip(plan),
    ...judgedOnce(ofTheWorld(plan)),
    ...ofTransactions(plan).map(whenRecorded),
  ]
  const claims = invariants.map(({ name, holds }) => always<State, Move>(name, holds))
  return [...claims, alwaysPossible('every flip can settle', isSettled)]
}

export function isSettled({ head, owners }: State): boolean {
  return head.flip === undefined && NAMES.every((name) => owners[name].type === 'idle')
}

// What was so stays so while that does not change which it is about. Parts of a state are kept once: to have changed is
// to be another object.

function whenAppended({ name, holds }: Invariant): Invariant {
  return {
    name,
    holds: (state, before) => (state.head === before.head && state.appended.length === 0) || holds(state, before),
  }
}

function whenSettled({ name, holds }: Invariant): Invariant {
  const isSame = (state: State, before: State): boolean =>
    state.past === before.past && state.settled === before.settled && state.head === before.head
  return { name, holds: (state, before) => isSame(state, before) || holds(state, before) }
}

/** Of the world and the past alone: judged once for each pair of them, and all together. */
function judgedOnce(invariants: readonly Invariant[]): readonly Invariant[] {
  const judged = new Map<World, Map<Past, ReadonlySet<string>>>()
  let last: { readonly state: State | undefined; readonly broken: ReadonlySet<string> } = {
    state: undefined,
    broken: new Set(),
  }
  const brokenIn = (state: State, before: State): ReadonlySet<string> => {
    if (last.state === state) return last.broken
    const { world, past } = state
    const ofWorld = judged.get(world) ?? new Map<Past, ReadonlySet<string>>()
    judged.set(world, ofWorld)
    const known = ofWorld.get(past)
    const broken = known ?? new Set(invariants.filter((each) => !each.holds(state, before)).map(({ name }) => name))
    ofWorld.set(past, broken)
    last = { state, broken }
    return broken
  }
  return invariants.map(({ name }) => ({
    name,
    holds: (state, before) =>
      (state.world === before.world && state.past === before.past) || !brokenIn(state, before).has(name),
  }))
}

function whenRecorded({ name, holds }: Invariant): Invariant {
  const isSame = (state: State, before: State): boolean =>
    state.world === before.world && state.past === before.past && state.head === before.head
  return { name, holds: (state, before) => isSame(state, before) || holds(state, before) }
}

/** The heads upon which these records were seen to lead where they should. */
const folded = new WeakMap<State['appended'], { readonly before: Head; readonly head: Head }>()

function isFolded({ head, appended }: State, before: Head): boolean {
  const known = folded.get(appended)
  if (known?.before === before && known.head === head) return true
  if (!isDeepStrictEqual(appended.reduce(evolve, before), head)) return false
  if (appended.length > 0) folded.set(appended, { before, head })
  return true
}

const ofTheJournal: readonly Invariant[] = [
  {
    name: 'no append of an older epoch is accepted',
    holds: ({ appended }, before) => appended.every(({ epoch }) => epoch >= before.head.epoch),
  },
  {
    name: 'records are numbered without a gap',
    holds: ({ head, appended }, before) =>
      appended.every(({ n }, index) => n === before.head.version + index + 1) &&
      head.version === before.head.version + appended.length,
  },
  {
    name: 'the head is what the records say',
    holds: (state, before) => isFolded(state, before.head),
  },
]

const ofTheKey: readonly Invariant[] = [
  {
    name: 'one key commits once',
    holds: ({ past }) => past.ended.filter(({ outcome }) => outcome === 'committed').length <= 1,
  },
  {
    name: 'one key stands for one request',
    holds: ({ head, settled }) => !head.flip || !settled || head.flip.fingerprint === settled.fingerprint,
  },
  {
    name: 'a settled outcome is only ever replaced by that of a later attempt, and a final one never',
    holds: ({ settled }, { settled: earlier }) =>
      earlier === settled || earlier === undefined || (!isFinal(earlier) && (settled?.attempt ?? 0) > earlier.attempt),
  },
]

function ofTheFlip(plan: Plan): readonly Invariant[] {
  return [
    {
      name: 'a subject has one flip at a time',
      holds: ({ appended }, { head }) => head.flip === undefined || appended.every(({ kind }) => kind !== 'requested'),
    },
    { name: 'a flip has one owner at a time', holds: (state) => ownersOf(state).length <= 1 },
    {
      name: 'the phase is "to" when a flip has committed, else "from"',
      holds: ({ head, past }) => (head.phase === 'to') === past.ended.some(({ outcome }) => outcome === 'committed'),
    },
    {
      name: 'a cancel that was accepted is honoured',
      holds: ({ appended }, { head }) =>
        head.flip?.cancel === undefined ||
        appended.every(({ kind }) => kind !== 'committed') ||
        isPastReturn(
          { done: plan.steps.map(({ name }) => ({ step: name, output: undefined })), doubt: undefined },
          plan,
        ) ||
        appended.some(({ kind }) => kind === 'resolved'),
    },
  ]
}

function ofTheWorld({ steps }: Plan): readonly Invariant[] {
  const names = steps.map(({ name }) => name)
  const undoable = names.filter((name) => steps.some((step) => step.name === name && step.compensate !== undefined))
  const irreversible = new Set(steps.filter((step) => step.irreversible).map(({ name }) => name))
  const once = steps.filter((step) => step.once).map(({ name }) => name)
  return [
    {
      name: 'a flip commits only when every step was done',
      holds: (state) =>
        endedAs(state, 'committed').every((id) => wasOrdered(state, id, 'skip', 'force') || has(ran(state, id), names)),
    },
    {
      name: 'steps are undone in reverse order',
      holds: (state) =>
        flipsOf(state).every((id) => {
          const undone = effectsOf(state.world, id, 'undo').map((name) => names.indexOf(name))
          return wasOrdered(state, id, 'skip') || isDescending(undone)
        }),
    },
    {
      name: 'a flip rolls back only when every step with an undo that was done, or may have been, is undone',
      holds: (state) =>
        endedAs(state, 'rolledBack').every(
          (id) => wasOrdered(state, id, 'skip', 'force') || undoable.every((name) => !isLeft(state, id, name)),
        ),
    },
    {
      name: 'nothing is undone that cannot have begun',
      holds: (state) =>
        flipsOf(state).every((id) =>
          effectsOf(state.world, id, 'undo').every(
            (name) => wasOrdered(state, id, 'skip') || has(ran(state, id), names.slice(0, names.indexOf(name))),
          ),
        ),
    },
    {
      name: 'nothing is undone past the point of no return',
      holds: (state) =>
        flipsOf(state).every((id) => {
          const { world } = state
          const point = world.effects.findIndex((effect) => effect.flipId === id && irreversible.has(effect.step))
          const isUndone = world.effects
            .slice(point + 1)
            .some((effect) => effect.flipId === id && effect.type === 'undo')
          const isBack = endedAs(state, 'rolledBack').includes(id) && !wasOrdered(state, id, 'force')
          return point === -1 || (!isUndone && !isBack)
        }),
    },
    {
      name: 'a "once" step takes effect at most once',
      holds: (state) =>
        flipsOf(state).every((id) =>
          once.every(
            (name) => wasOrdered(state, id, 'retry') || ran(state, id).filter((step) => step === name).length <= 1,
          ),
        ),
    },
  ]
}

/** Of steps whose effect and whose record are one: what one tells is what the other does, after every move. */
function ofTransactions({ steps }: Plan): readonly Invariant[] {
  const atomic = steps.filter((step) => step.atomic)
  if (atomic.length === 0) return []
  return [
    {
      name: 'a transaction takes effect at most once, and is undone at most once',
      holds: ({ world }) =>
        world.effects.every(
          (effect, index) =>
            !atomic.some(({ name }) => name === effect.step) ||
            !world.effects.slice(0, index).some((earlier) => isSame(earlier, effect)),
        ),
    },
    {
      name: 'a transaction has had its effect exactly when it is recorded',
      holds: (state) => {
        const { flip } = state.head
        if (flip === undefined || wasOrdered(state, flip.id, 'skip')) return true
        return atomic.every(({ name, compensate }) => {
          const isDone = flip.done.some(({ step }) => step === name)
          const isUndone = isDone && compensate !== undefined && isUndoneIn(flip, name)
          return (
            isDone === ran(state, flip.id).includes(name) &&
            isUndone === effectsOf(state.world, flip.id, 'undo').includes(name)
          )
        })
      },
    },
  ]
}

/** Whether the records say that it was undone. */
function isUndoneIn({ course }: FlipState, step: string): boolean {
  const going = course.type === 'stuck' ? course.then : course
  return going.type === 'back' && !going.undo.includes(step)
}

function ran({ world }: State, flipId: string): readonly string[] {
  return effectsOf(world, flipId, 'run')
}

/** Whether the step had its effect, and not its undo after it. */
function isLeft({ world }: State, flipId: string, step: string): boolean {
  const last = world.effects.findLast((effect) => effect.flipId === flipId && effect.step === step)
  return last?.type === 'run'
}

function flipsOf({ world }: State): readonly string[] {
  return [...new Set(world.effects.map(({ flipId }) => flipId))]
}

function endedAs({ past }: State, outcome: 'committed' | 'rolledBack'): readonly string[] {
  return past.ended.filter((flip) => flip.outcome === outcome).map(({ flipId }) => flipId)
}

/** An operator has taken it upon himself. */
function wasOrdered({ past }: State, flipId: string, ...orders: readonly string[]): boolean {
  return orders.some((order) => past.orders.includes(`${flipId}:${order}`))
}

function has(found: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((name) => found.includes(name))
}

function isDescending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number < (numbers[index - 1] ?? 0))
}
