import type { Change } from '../../src/flip/protocol.ts'
import type { Body, Head } from '../../src/ports/index.ts'
import type { Move } from './explore.ts'
import type { Rules } from './rules.ts'
import { epochOf, type Name, type Owner, type Past, type State, type Writing } from './state.ts'

// What the moves of the model have in common, and those that need no rule.

export const IDLE: Owner = { type: 'idle' }
export const NOTHING: readonly never[] = []

export function move(label: string, state: State, changed: Partial<State>): Move<State> {
  return { label, next: { ...state, appended: NOTHING, ...changed } }
}

export function seat({ owners }: State, name: Name, owner: Owner): State['owners'] {
  return { ...owners, [name]: owner }
}

/** A claim, an adoption or an order: one append under a new epoch, left to whoever wrote first. */
export function taking(base: Head, epoch: number, happened: readonly Body[]): Writing {
  return { type: 'writing', base, epoch, happened, onConflict: 'leave', isStored: false }
}

/** A caller asks under the key: the process reads the head. */
export function ask(state: State, name: Name): readonly Move<State>[] {
  if (state.left.calls[name] === 0) return NOTHING
  return [move(`a caller asks ${name}`, state, { owners: seat(state, name, { type: 'asking', base: state.head }) })]
}

/** The caller at this process has had an answer, or its flip is under way. */
export function called(state: State, name: Name): State {
  const { left } = state
  return { ...state, left: { ...left, calls: { ...left.calls, [name]: left.calls[name] - 1 } } }
}

/** `kill -9`, and a new start that remembers nothing. */
export function crash(state: State, name: Name): readonly Move<State>[] {
  const { left, owners } = state
  if (left.crashes[name] === 0 || owners[name].type === 'idle') return NOTHING
  const crashes = { ...left.crashes, [name]: left.crashes[name] - 1 }
  return [move(`${name} crashes`, state, { owners: seat(state, name, IDLE), left: { ...left, crashes } })]
}

/** A heartbeat reads the head, and finds that somebody wrote. */
export function hear(state: State, name: Name, rules: Rules): readonly Move<State>[] {
  const { head } = state
  const owner = state.owners[name]
  if (owner.type === 'idle' || owner.type === 'asking') return NOTHING
  if (epochOf(owner) !== head.epoch || owner.base.version >= head.version) return NOTHING
  // What it had taken to be lost has ended the flip.
  if (head.flip === undefined) return [heard(state, name, IDLE)]
  if (owner.type === 'acting') return [heard(state, name, { type: 'acting', base: head })]
  if (owner.isStored || owner.onConflict === 'leave') return NOTHING
  return [heard(state, name, onto(owner, head, rules))]
}

function heard(state: State, name: Name, owner: Owner): Move<State> {
  return move(`${name} hears of a new record`, state, { owners: seat(state, name, owner) })
}

/** Somebody wrote first. Who still owns the flip goes on from what they wrote. */
export function afterConflict({ head }: State, owner: Writing, rules: Rules): Owner {
  const isFenced = head.epoch !== owner.epoch || head.flip === undefined || head.flip.id !== owner.base.flip?.id
  if ((isFenced && rules.leavesWhenFenced) || owner.onConflict === 'leave') return IDLE
  return onto(owner, head, rules)
}

function onto(owner: Writing, head: Head, rules: Rules): Owner {
  if (owner.onConflict === 'look' && rules.looksAgain) return { type: 'acting', base: head }
  return { ...owner, base: head, isStored: false }
}

/** What is left to do for whoever made the change. */
export function goingOn({ head }: Change): Owner {
  return head.flip === undefined || head.flip.course.type === 'stuck' ? IDLE : { type: 'acting', base: head }
}

/** The state when the journal has taken the change; `by`: whose claim it may be. */
export function store(state: State, { records, head, settled }: Change, by: Name | undefined): State {
  const stored = {
    ...state,
    head,
    settled: settled ?? state.settled,
    past: remember(state.past, records),
    appended: records,
  }
  if (by === undefined || records[0]?.kind !== 'requested') return stored
  const claimed = called(stored, by)
  return { ...claimed, left: { ...claimed.left, attempts: claimed.left.attempts - 1 } }
}

function remember(past: Past, records: Change['records']): Past {
  let { ended, orders } = past
  for (const record of records) {
    const { kind } = record
    if (kind === 'committed' || kind === 'rolledBack') ended = [...ended, { flipId: record.flipId, outcome: kind }]
    if (kind === 'resolved') orders = [...new Set([...orders, `${record.flipId}:${record.how}`])].sort()
  }
  return { ended, orders }
}
