import type { Body, Clock, Stop } from '../ports/index.ts'

type Denied = Extract<Body, { kind: 'denied' }>

/** What was denied, to whom, by what and why. */
export type Denial = Omit<Denied, 'kind' | 'repeats'>

/** Where the denials of a subject are written. */
export interface Notebook {
  readonly id: string
  note(happened: readonly Body[]): Promise<void>
}

/** For how long the same denial is counted instead of recorded. */
const WINDOW_MS = 60_000
/** How many different ones are told apart meanwhile. */
const MOST = { subject: 20, gate: 200 }
/** What a record may hold of what the actor claims, and of what a guard says. */
const MOST_ROLES = 50
const LONGEST_REASON = 2_000

/** Denials of one kind; or, where there is no `denial`, of those that are no longer told apart. */
interface Tally {
  readonly key: string
  readonly notebook: Notebook
  readonly denial: Denial | undefined
  readonly others: { readonly by: Denied['by']; readonly whose: string }
  /** How many are in no record yet. */
  unwritten: number
  writtenMs: number
}

/**
 * Coalesces denials: the first of a kind (subject, act, flip, actor, guard, reason) is recorded at once; its repeats are
 * counted, and the count is recorded when the minute is over. Beyond 20 kinds of a subject and 200 of the gate there is
 * only a count. So nobody can flood a journal, or this memory, by being refused.
 */
export class Denials {
  readonly #clock: Clock
  readonly #failed: (error: unknown, during: string) => void
  readonly #tallies = new Map<string, Tally>()
  #stopTimer: Stop | undefined
  #isClosed = false

  constructor(clock: Clock, failed: (error: unknown, during: string) => void) {
    this.#clock = clock
    this.#failed = failed
  }

  /** Records or counts. Never rejects: that a denial could not be recorded is reported, and makes it no less a denial. */
  async note(notebook: Notebook, said: Denial): Promise<void> {
    const denial = trimmed(said)
    const key = JSON.stringify([
      notebook.id,
      denial.by,
      denial.act,
      denial.flip,
      denial.actor?.id,
      denial.guard,
      denial.reason,
    ])
    const known = this.#tallies.get(key)
    const tally = known ?? this.#begin(key, notebook, denial)
    const isFirst = known === undefined && tally.denial !== undefined
    tally.unwritten += 1
    if (!this.#isClosed) this.#arm()
    if (isFirst || this.#isClosed) await this.#write(tally.notebook, [tally])
  }

  /** Records what has only been counted. After it nothing is counted any more: nobody would write the count. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer?.()
    await this.#flush()
  }

  #begin(key: string, notebook: Notebook, denial: Denial): Tally {
    const { by } = denial
    const { first, ofGate, ofSubject } = this.#kinds(notebook.id)
    if (ofSubject >= MOST.subject) {
      return this.#tally(JSON.stringify([notebook.id, by]), notebook, undefined, { by, whose: '' })
    }
    if (first !== undefined && ofGate >= MOST.gate) {
      // Of a subject that is in the journal already: those who make up names of subjects fill nothing with them.
      return this.#tally(JSON.stringify([by]), first.notebook, undefined, { by, whose: ', of any subject' })
    }
    return this.#tally(key, notebook, denial, { by, whose: '' })
  }

  /** How many kinds are told apart, and the first of them. */
  #kinds(subject: string): { readonly first: Tally | undefined; readonly ofGate: number; readonly ofSubject: number } {
    let first: Tally | undefined
    let ofGate = 0
    let ofSubject = 0
    for (const tally of this.#tallies.values()) {
      if (tally.denial === undefined) continue
      first ??= tally
      ofGate += 1
      if (tally.notebook.id === subject) ofSubject += 1
    }
    return { first, ofGate, ofSubject }
  }

  #tally(key: string, notebook: Notebook, denial: Denial | undefined, others: Tally['others']): Tally {
    const known = this.#tallies.get(key)
    if (known !== undefined) return known
    const tally = { key, notebook, denial, others, unwritten: 0, writtenMs: this.#clock.monotonic() }
    this.#tallies.set(key, tally)
    return tally
  }

  #arm(): void {
    this.#stopTimer ??= this.#clock.timer(WINDOW_MS, () => this.#tick(), { background: true })
  }

  #tick(): void {
    this.#stopTimer = undefined
    void this.#flush()
    if (this.#tallies.size > 0) this.#arm()
  }

  /** Writes the counts, and forgets what was quiet for as long as the window. */
  async #flush(): Promise<void> {
    const pages = new Map<Notebook, Tally[]>()
    const now = this.#clock.monotonic()
    for (const tally of this.#tallies.values()) {
      if (tally.unwritten > 0) pages.set(tally.notebook, [...(pages.get(tally.notebook) ?? []), tally])
      else if (now - tally.writtenMs >= WINDOW_MS) this.#tallies.delete(tally.key)
    }
    for (const [notebook, tallies] of pages) await this.#write(notebook, tallies)
  }

  async #write(notebook: Notebook, tallies: readonly Tally[]): Promise<void> {
    const due = tallies.map((tally) => ({ tally, count: tally.unwritten }))
    const writtenMs = this.#clock.monotonic()
    for (const { tally } of due) Object.assign(tally, { unwritten: 0, writtenMs })
    try {
      await notebook.note(due.map(({ tally, count }) => recordOf(tally, count)))
    } catch (error) {
      for (const { tally, count } of due) this.#again(tally, count)
      this.#failed(error, 'the record of a denial')
    }
  }

  /** What could not be recorded is tried again with the next counts. */
  #again(tally: Tally, count: number): void {
    const { key } = tally
    const now = this.#tallies.get(key) ?? tally
    now.unwritten += count
    this.#tallies.set(key, now)
  }
}

function recordOf({ denial, others }: Tally, count: number): Denied {
  const repeats = count - 1
  if (denial !== undefined) return { kind: 'denied', ...denial, repeats }
  const { by, whose } = others
  const nobody = { act: undefined, flip: undefined, actor: undefined, guard: undefined }
  return { kind: 'denied', ...nobody, by, reason: `and ${count} others${whose}`, repeats }
}

/** As much of it as a record may hold: an actor may claim any number of roles. */
function trimmed(denial: Denial): Denial {
  const { actor, reason } = denial
  const roles = actor?.roles?.slice(0, MOST_ROLES)
  return {
    ...denial,
    actor: actor === undefined || roles === undefined ? actor : { id: actor.id, roles },
    reason: reason.slice(0, LONGEST_REASON).toWellFormed(),
  }
}
