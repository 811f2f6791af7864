import type { Change } from '../../src/flip/protocol.ts'
import type { Body, Head } from '../../src/ports/index.ts'
import { IDLE, type Known } from './known.ts'
import type { Rules } from './rules.ts'
import { type Budget, type Draft, epochOf, type Name, type Owner, type Owners, type Past, type State } from './state.ts'
import type { World } from './world.ts'

// What the moves of the model have in common, and those that need no rule.

export const NOTHING: readonly never[] = []

/** What may happen, and the state that comes of it. It is only put into words when a way is told. */
export interface Move {
  readonly label: () => string
  readonly next: State
}

/** The state with another owner, and perhaps another world and budget; nothing was appended. */
export function seated(state: State, owners: Owners, world: World = state.world, left: Budget = state.left): State {
  const { head, settled, flying, past } = state
  return { head, settled, owners, world, flying, left, past, appended: NOTHING }
}

export function seat({ A, B }: Owners, name: Name, owner: Owner): Owners {
  return name === 'A' ? { A: owner, B } : { A, B: owner }
}

/** A claim, an adoption or an order: one append under a new epoch, left to whoever wrote first. */
export function taking(base: Head, epoch: number, happened: readonly Body[]): Draft {
  return { base, epoch, happened, onConflict: 'leave', isStored: false }
}

/** The caller at this process has had an answer, or its flip is under way. */
export function called(left: Budget, name: Name): Budget {
  return { ...left, calls: { ...left.calls, [name]: left.calls[name] - 1 } }
}

/** What is left to do for whoever made the change. */
export function goingOn(known: Known, { head }: Change): Owner {
  return head.flip === undefined || head.flip.course.type === 'stuck' ? IDLE : known.acting(head)
}

/** A heartbeat reads the head, and finds that somebody wrote: what its owner does then, if anything. */
export function hears(known: Known, { head }: State, owner: Owner, rules: Rules): Owner | undefined {
  if (owner.type === 'idle' || owner.type === 'asking') return undefined
  if (owner.base.version >= head.version || epochOf(owner) !== head.epoch) return undefined
  // What it had taken to be lost has ended the flip.
  if (head.flip === undefined) return IDLE
  if (owner.type === 'acting') return known.acting(head)
  if (owner.isStored || owner.onConflict === 'leave') return undefined
  return onto(known, owner, head, rules)
}

/** Somebody wrote first. Who still owns the flip goes on from what they wrote. */
export function afterConflict(known: Known, { head }: State, draft: Draft, rules: Rules): Owner {
  const isFenced = head.epoch !== draft.epoch || head.flip === undefined || head.flip.id !== draft.base.flip?.id
  if ((isFenced && rules.leavesWhenFenced) || draft.onConflict === 'leave') return IDLE
  return onto(known, draft, head, rules)
}

function onto(known: Known, { epoch, happened, onConflict }: Draft, head: Head, rules: Rules): Owner {
  if (onConflict === 'look' && rules.looksAgain) return known.acting(head)
  return known.writing({ base: head, epoch, happened, onConflict, isStored: false })
}

/** The state when the journal has taken the change; `by`: whose claim it may be. */
export function store(known: Known, state: State, { records, head, settled }: Change, by: Name | undefined): State {
  const isClaim = by !== undefined && records[0]?.kind === 'requested'
  const { owners, world, flying } = state
  const left = isClaim ? { ...called(state.left, by), attempts: state.left.attempts - 1 } : state.left
  const past = remember(known, state.past, records)
  return { head, settled: settled ?? state.settled, owners, world, flying, left, past, appended: records }
}

function remember(known: Known, past: Past, records: Change['records']): Past {
  let { ended, orders } = past
  for (const record of records) {
    const { kind } = record
    if (kind === 'committed' || kind === 'rolledBack') ended = [...ended, { flipId: record.flipId, outcome: kind }]
    if (kind === 'resolved') orders = [...new Set([...orders, `${record.flipId}:${record.how}`])].sort()
  }
  return ended === past.ended && orders === past.orders ? past : known.past({ ended, orders })
}

/** The state with other owners, though something was appended. */
export function withOwners(state: State, owners: Owners): State {
  const { head, settled, world, flying, left, past, appended } = state
  return { head, settled, owners, world, flying, left, past, appended }
}
