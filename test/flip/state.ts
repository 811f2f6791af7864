import type { Change } from '../../src/flip/protocol.ts'
import type { Body, Head, JournalRecord, Settled } from '../../src/ports/index.ts'
import type { Effect, World } from './world.ts'

export type Name = 'A' | 'B'
export const NAMES: readonly Name[] = ['A', 'B']

/**
 * A process. It knows the head that it last read or wrote, and may be arbitrarily slow: one that was paused past its
 * lease is one that nothing happens to while the other goes on. `id`: the same for equals.
 */
export type Owner =
  | { readonly type: 'idle'; readonly id: number }
  /** It has read the head, and now asks what is stored against the key. */
  | { readonly type: 'asking'; readonly id: number; readonly base: Head }
  /** It owns the flip, and is about to do what must happen now. */
  | { readonly type: 'acting'; readonly id: number; readonly base: Head }
  | Writing

/** It is about to append what happened. */
export interface Writing extends Draft {
  readonly type: 'writing'
  readonly id: number
  /** What its append makes of the journal, once that was asked. */
  change: Change | undefined
}

export interface Draft {
  readonly base: Head
  readonly epoch: number
  readonly happened: readonly Body[]
  /** When somebody wrote in between: leave it, append again, or look again at what must happen now. */
  readonly onConflict: 'leave' | 'again' | 'look'
  /** The journal has it, but its answer was lost. */
  readonly isStored: boolean
}

export interface Owners {
  readonly A: Owner
  readonly B: Owner
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
  readonly id: number
  readonly ended: readonly { readonly flipId: string; readonly outcome: 'committed' | 'rolledBack' }[]
  /** What operators ordered: `f1:skip`. */
  readonly orders: readonly string[]
}

/** All but `left` and `appended` are kept once: equals are one object. */
export interface State {
  readonly head: Head
  /** What is stored against the one key. */
  readonly settled: Settled | undefined
  readonly owners: Owners
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

export function isFinal({ outcome }: Settled): boolean {
  return outcome.type === 'committed' || (outcome.type === 'rolledBack' && outcome.failure.terminal === true)
}
