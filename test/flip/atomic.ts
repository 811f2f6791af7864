import type { Work } from '../../src/flip/protocol.ts'
import type { Head } from '../../src/ports/index.ts'
import type { Known } from './known.ts'
import { afterConflict, goingOn, type Move, seat, seated, store, withOwners } from './moves.ts'
import type { HowItWent, Rulebook, Task } from './rulebook.ts'
import type { Flying, Name, State } from './state.ts'
import { commit, type World } from './world.ts'

// Steps whose effect and whose record are one action of the store.

interface Attempted {
  readonly base: Head
  readonly task: Task
  readonly work: Exclude<Work, { type: 'confirm' }>
}

export class Atomic {
  readonly #book: Rulebook
  readonly #known: Known

  constructor(book: Rulebook, known: Known) {
    this.#book = book
    this.#known = known
  }

  transact(state: State, name: Name, attempted: Attempted, moves: Move[]): void {
    const { base, task, work } = attempted
    const { left } = state
    const text = `${name} (epoch ${base.epoch}) ${work.type === 'run' ? 'runs' : 'undoes'} ${work.step}`
    const happened = this.#book.report(task, 'done')
    const sent = { by: name, base, happened, effect: { flipId: task.flip.id, type: work.type, step: work.step } }
    this.#land(state, sent, text, moves)
    this.#fail(state, name, attempted, { text, moves })
    if (left.lostAnswers === 0 || state.flying !== undefined) return
    const spent = { ...left, lostAnswers: left.lostAnswers - 1 }
    const next = { ...seated(state, state.owners, state.world, spent), flying: this.#known.flying.one(sent) }
    moves.push({ label: () => `${text} in a transaction, and hears nothing of it`, next })
  }

  /** What was taken to be lost reaches the store. */
  arrive(state: State, moves: Move[]): void {
    const { flying, head } = state
    if (flying === undefined) return
    const { by, base, happened, effect } = flying
    const text =
      (how = '') =>
      () =>
        `the transaction of ${by} (epoch ${base.epoch}) on ${effect.step} arrives late${how}`
    if (!this.#book.rules.accepts(head, base)) {
      const next = { ...seated(state, state.owners, this.#worldAfter(state, flying)), flying: undefined }
      moves.push({ label: text(': in vain'), next })
      return
    }
    const stored = store(this.#known, state, this.#book.unfold(head, happened, base.epoch), undefined)
    const world = this.#known.world(commit(state.world, effect))
    moves.push({ label: text(), next: { ...stored, world, flying: undefined } })
  }

  #land(state: State, sent: Flying, text: string, moves: Move[]): void {
    const { by: name, base, happened, effect } = sent
    if (!this.#book.rules.accepts(state.head, base)) {
      const draft = { base, epoch: base.epoch, happened, onConflict: 'look', isStored: false } as const
      const owners = seat(state.owners, name, afterConflict(this.#known, state, draft, this.#book.rules))
      const next = seated(state, owners, this.#worldAfter(state, sent))
      moves.push({ label: () => `${text} in a transaction: in vain`, next })
      return
    }
    const change = this.#book.unfold(base, happened, base.epoch)
    const stored = withOwners(
      store(this.#known, state, change, name),
      seat(state.owners, name, goingOn(this.#known, change)),
    )
    const next = { ...stored, world: this.#known.world(commit(state.world, effect)) }
    moves.push({ label: () => `${text} in a transaction`, next })
  }

  /** What a transaction leaves in the world whose append was refused. */
  #worldAfter({ world }: State, { effect }: Flying): World {
    return this.#book.rules.takesBack ? world : this.#known.world(commit(world, effect))
  }

  #fail(
    state: State,
    name: Name,
    { base, task, work }: Attempted,
    { text, moves }: { text: string; moves: Move[] },
  ): void {
    const { left } = state
    if (left.failures === 0) return
    const fails = (how: string, went: HowItWent): void => {
      const owners = seat(state.owners, name, this.#book.written(base, task, went))
      const next = seated(state, owners, state.world, { ...left, failures: left.failures - 1 })
      moves.push({ label: () => `${text}: ${how}, and is taken back`, next })
    }
    fails('fails', 'early')
    if (work.type === 'run' && left.attempts > 0) fails('fails for good', 'terminalEarly')
  }
}
