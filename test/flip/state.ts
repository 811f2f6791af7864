import type { Body, Head, JournalRecord, Settled } from '../../src/ports/index.ts'
import type { Effect, World } from './world.ts'

export type Name = 'A' | 'B'
export const NAMES: readonly Name[] = ['A', 'B']

/**
 * A process. It knows the head that it last read or wrote, and may be arbitrarily slow: one that was paused past its
 * lease is one that nothing happens to while the other goes on.
 */
export type Owner =
  | { readonly type: 'idle' }
  /** It has read the head, and now asks what is stored against the key. */
  | { readonly type: 'asking'; readonly base: Head }
  /** It owns the flip, and is about to do what must happen now. */
  | { readonly type: 'acting'; readonly base: Head }
  | Writing

/** It is about to append what happened. */
export interface Writing {
  readonly type: 'writing'
  readonly base: Head
  readonly epoch: number
  readonly happened: readonly Body[]
  /** When somebody wrote in between: leave it, append again, or look again at what must happen now. */
  readonly onConflict: 'leave' | 'again' | 'look'
  /** The journal has it, but its answer was lost. */
  readonly isStored: boolean
}

/** A transaction that nobody hears of any more: it may still reach the store. */
export interface Flying {
  readonly by: Name
  readonly base: Head
  readonly happened: readonly Body[]
  readonly effect: Effect
}

/** How many more of each may happen. They keep the model finite. */
export interface Budget {
  /** Steps, confirms and undos that fail. */
  readonly failures: number
  /** Owners that somebody adopts from though they live: they were paused past their lease. */
  readonly pauses: number
  /** Appends that are stored without an answer, and transactions that reach the store late or never. */
  readonly lostAnswers: number
  readonly cancels: number
  readonly crashes: Readonly<Record<Name, number>>
  /** Times that the caller at this process asks under the key. */
  readonly calls: Readonly<Record<Name, number>>
  /** Flips that are started under the key. */
  readonly attempts: number
}

/** What the journal does not tell, and the invariants want to know. */
export interface Past {
  readonly ended: readonly { readonly flipId: string; readonly outcome: 'committed' | 'rolledBack' }[]
  /** What operators ordered: `f1:skip`. */
  readonly orders: readonly string[]
}

export interface State {
  readonly head: Head
  /** What is stored against the one key. */
  readonly settled: Settled | undefined
  readonly owners: Readonly<Record<Name, Owner>>
  readonly world: World
  readonly flying: Flying | undefined
  readonly left: Budget
  readonly past: Past
  /** What the last move appended. No part of what makes a state a different one. */
  readonly appended: readonly JournalRecord[]
}

/** The epoch under which a process owns a flip. It owns none that it is only about to take. */
export function epochOf(owner: Owner): number | undefined {
  if (owner.type === 'acting') return owner.base.epoch
  return owner.type === 'writing' && (owner.isStored || owner.onConflict !== 'leave') ? owner.epoch : undefined
}

/** The process that owns the flip in progress and lives, whether or not it knows already. */
export function ownersOf({ head, owners }: State): readonly Name[] {
  if (head.flip === undefined || head.flip.course.type === 'stuck') return []
  return NAMES.filter((name) => epochOf(owners[name]) === head.epoch)
}

const numbers = { head: new Map<string, number>(), bodies: new Map<string, number>() }
const known = new WeakMap<object, number>()

/** Heads and bodies are shared by many states: each gets a number, and a state a short key. */
function numberOf(value: object, texts: Map<string, number>): number {
  const remembered = known.get(value)
  if (remembered !== undefined) return remembered
  const text = JSON.stringify(value)
  const number = texts.get(text) ?? texts.size
  texts.set(text, number)
  known.set(value, number)
  return number
}

export function isSameHead(one: Head, other: Head): boolean {
  return numberOf(one, numbers.head) === numberOf(other, numbers.head)
}

export function keyOf({ head, settled, owners, world, flying, left, past }: State): string {
  const outcome =
    settled === undefined ? '' : `${settled.flipId}${settled.fingerprint}${settled.outcome.type}${isFinal(settled)}`
  const { failures, pauses, lostAnswers, cancels, crashes, calls, attempts } = left
  const budget = [failures, pauses, lostAnswers, cancels, crashes.A, crashes.B, calls.A, calls.B, attempts]
  const ended = past.ended.map((flip) => flip.flipId + flip.outcome).join()
  const now = `${numberOf(head, numbers.head)} ${ownerKey(owners.A)} ${ownerKey(owners.B)}`
  const onItsWay = flying === undefined ? '' : numberOf(flying, numbers.bodies)
  return `${now} ${outcome} ${budget} ${ended} ${past.orders} ${numberOf(world, numbers.bodies)} ${onItsWay}`
}

function ownerKey(owner: Owner): string {
  if (owner.type === 'idle') return '-'
  const base = numberOf(owner.base, numbers.head)
  if (owner.type !== 'writing') return `${owner.type}${base}`
  return `w${base}e${owner.epoch}${owner.onConflict}${owner.isStored}${numberOf(owner.happened, numbers.bodies)}`
}

export function isFinal({ outcome }: Settled): boolean {
  return outcome.type === 'committed' || (outcome.type === 'rolledBack' && outcome.failure.terminal === true)
}
