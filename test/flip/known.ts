import type { Body, Head, Settled } from '../../src/ports/index.ts'
import { Kept } from './kept.ts'
import {
  type Budget,
  type Draft,
  type Flying,
  isFinal,
  type Owner,
  type Past,
  type State,
  type Writing,
} from './state.ts'
import type { Scene, World } from './world.ts'

export const IDLE: Owner = { type: 'idle', id: 0 }

const CONFLICTS = ['leave', 'again', 'look'] as const
/** Numbers below this are one character of a key. */
const MOST = 2 ** 16

/** What many states of one exploration share, kept once: making a state and its key is cheap then. */
export class Known {
  readonly heads = new Kept<Head>()
  readonly happened = new Kept<readonly Body[]>()
  readonly flying = new Kept<Flying>()
  /** What is final answers for ever; nothing more of an outcome makes a state a different one. */
  readonly settled = new Kept<Settled>((settled) => {
    const { flipId, fingerprint, outcome } = settled
    return `${flipId}${fingerprint}${outcome.type}${isFinal(settled)}`
  })
  readonly #scenes = new Kept<Scene>()
  readonly #worlds: World[] = []
  readonly #events = new Kept<Omit<Past, 'id'>>()
  readonly #pasts: Past[] = []
  readonly #asking = new Map<Head, Owner>()
  readonly #acting = new Map<Head, Owner>()
  readonly #writing = new Map<number, Writing>()
  #owners = 1

  world({ effects, seen }: Scene): World {
    const id = this.#scenes.numberOf({ effects, seen })
    return (this.#worlds[id] ??= { id, effects, seen })
  }

  past({ ended, orders }: Omit<Past, 'id'>): Past {
    const id = this.#events.numberOf({ ended, orders })
    return (this.#pasts[id] ??= { id, ended, orders })
  }

  asking(base: Head): Owner {
    return this.#owner(this.#asking, 'asking', base)
  }

  acting(base: Head): Owner {
    return this.#owner(this.#acting, 'acting', base)
  }

  writing(draft: Draft): Writing {
    const { base, epoch, happened, onConflict, isStored } = draft
    const what = this.heads.numberOf(base) * MOST + this.happened.numberOf(happened)
    const number = (what * 16 + epoch) * 6 + CONFLICTS.indexOf(onConflict) * 2 + (isStored ? 1 : 0)
    const known = this.#writing.get(number)
    if (known !== undefined) return known
    const writing: Writing = {
      type: 'writing',
      id: this.#owners++,
      base,
      epoch,
      happened,
      onConflict,
      isStored,
      change: undefined,
    }
    this.#writing.set(number, writing)
    return writing
  }

  /** A character for each part of the state. */
  keyOf({ head, settled, owners, world, flying, left, past }: State): string {
    return String.fromCharCode(
      this.heads.numberOf(head),
      owners.A.id,
      owners.B.id,
      world.id,
      past.id,
      settled === undefined ? 0 : this.settled.numberOf(settled) + 1,
      flying === undefined ? 0 : this.flying.numberOf(flying) + 1,
      ...digitsOf(left),
    )
  }

  /** @throws RangeError when a part has so many values that two of them would be one character */
  check(): void {
    const sizes = [
      this.heads.size,
      this.happened.size,
      this.#worlds.length,
      this.#pasts.length,
      this.flying.size,
      this.#owners,
    ]
    if (Math.max(...sizes) >= MOST) throw new RangeError(`a part of the states has ${Math.max(...sizes)} values`)
  }

  #owner(known: Map<Head, Owner>, type: 'asking' | 'acting', base: Head): Owner {
    const one = known.get(base) ?? { type, id: this.#owners++, base }
    known.set(base, one)
    return one
  }
}

function digitsOf({ failures, pauses, lostAnswers, cancels, crashes, calls, attempts }: Budget): [number, number] {
  const faults = ((failures * 8 + pauses) * 8 + lostAnswers) * 8 + cancels
  return [faults, (((crashes.A * 8 + crashes.B) * 8 + calls.A) * 8 + calls.B) * 8 + attempts]
}
