import type { Outcome, Plan, Work } from '../../src/flip/protocol.ts'
import type { FlipState, Head } from '../../src/ports/index.ts'
import type { Move } from './explore.ts'
import { afterConflict, goingOn, move, NOTHING, seat, store } from './moves.ts'
import type { Rules } from './rules.ts'
import type { Flying, Name, State, Writing } from './state.ts'
import { commit } from './world.ts'

// Steps whose effect and whose record are one action of the store.

interface Attempted {
  readonly base: Head
  readonly flip: FlipState
  readonly work: Exclude<Work, { type: 'confirm' }>
  readonly plan: Plan
  readonly rules: Rules
}

export function transact(state: State, name: Name, attempted: Attempted): readonly Move<State>[] {
  const { base, flip, work, plan, rules } = attempted
  const { left } = state
  const text = `${name} (epoch ${base.epoch}) ${work.type === 'run' ? 'runs' : 'undoes'} ${work.step}`
  const happened = [rules.report(flip, plan, work, { type: 'done', output: undefined })]
  const sent = { by: name, base, happened, effect: { flipId: flip.id, type: work.type, step: work.step } }
  const moves = [...land(state, sent, attempted), ...failures(state, name, attempted, text)]
  if (left.lostAnswers === 0 || state.flying !== undefined) return moves
  const lost = { flying: sent, left: { ...left, lostAnswers: left.lostAnswers - 1 } }
  return [...moves, move(`${text} in a transaction, and hears nothing of it`, state, lost)]
}

/** What was taken to be lost reaches the store. */
export function arrive(state: State, plan: Plan, rules: Rules): readonly Move<State>[] {
  const { flying, head } = state
  if (flying === undefined) return NOTHING
  const text = `the transaction of ${flying.by} (epoch ${flying.base.epoch}) on ${flying.effect.step} arrives late`
  if (!rules.accepts(head, flying.base))
    return [move(`${text}: in vain`, state, { flying: undefined, ...leftOf(state, flying, rules) })]
  const change = rules.unfold(head, flying.happened, plan, { at: 0, epoch: flying.base.epoch })
  const stored = store(state, change, undefined)
  return [{ label: text, next: { ...stored, world: commit(state.world, flying.effect), flying: undefined } }]
}

function land(state: State, sent: Flying, { base, plan, rules }: Attempted): readonly Move<State>[] {
  const { by: name, happened, effect } = sent
  const verb = effect.type === 'run' ? 'runs' : 'undoes'
  const text = `${name} (epoch ${base.epoch}) ${verb} ${effect.step} in a transaction`
  if (!rules.accepts(state.head, base)) {
    const writing: Writing = { type: 'writing', base, epoch: base.epoch, happened, onConflict: 'look', isStored: false }
    const owners = seat(state, name, afterConflict(state, writing, rules))
    return [move(`${text}: in vain`, state, { owners, ...leftOf(state, sent, rules) })]
  }
  const change = rules.unfold(base, happened, plan, { at: 0, epoch: base.epoch })
  const stored = store(state, change, name)
  return [
    {
      label: text,
      next: { ...stored, world: commit(state.world, effect), owners: seat(state, name, goingOn(change)) },
    },
  ]
}

/** What a transaction leaves in the world whose append was refused. */
function leftOf({ world }: State, { effect }: Flying, rules: Rules): Partial<State> {
  return rules.takesBack ? {} : { world: commit(world, effect) }
}

function failures(
  state: State,
  name: Name,
  { base, flip, work, plan, rules }: Attempted,
  text: string,
): readonly Move<State>[] {
  const { left } = state
  if (left.failures === 0) return NOTHING
  const fails = (how: string, terminal?: true): Move<State> => {
    const failure = { code: 'STEP_FAILED', message: '', ...(terminal && { terminal }) } as const
    const outcome: Outcome = { type: 'failed', failure, begun: false }
    const happened = [rules.report(flip, plan, work, outcome)]
    const owners = seat(state, name, {
      type: 'writing',
      base,
      epoch: base.epoch,
      happened,
      onConflict: 'look',
      isStored: false,
    })
    return move(`${text}: ${how}, and is taken back`, state, { owners, left: { ...left, failures: left.failures - 1 } })
  }
  return work.type === 'run' && left.attempts > 0 ? [fails('fails'), fails('fails for good', true)] : [fails('fails')]
}
