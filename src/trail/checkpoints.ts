import {
  type CheckpointState,
  logName,
  type MadeCheckpoint,
  makeCheckpoint,
  resumeCheckpoints,
  type Signer,
} from '../audit/index.ts'
import { canonical } from '../base/index.ts'
import type { CheckpointSink, LogTip } from '../ports/index.ts'
import type { CheckpointsLag } from '../telemetry/index.ts'
import { membersOf, unfit } from './bookmark.ts'
import type { Cargo, Carrier, Shared } from './carrier.ts'
import type { Fetched, Kept } from './carry.ts'

/** The last checkpoint that the sink has taken. */
interface LastNote extends Kept {
  readonly state: CheckpointState | undefined
  /** Wall ms. */
  readonly at: number | undefined
}

/** A checkpoint on its way to the sink. */
interface Made extends MadeCheckpoint {
  /** Wall ms. */
  readonly at: number
}

/** What carries them. */
export type CheckpointsCarrier = Carrier<LastNote, Made>

/** The name that the sink of checkpoints has in a trail. */
export const CHECKPOINTS = 'checkpoints'

/** When a checkpoint is made, and by whom. */
export interface CheckpointPlan {
  readonly signer: Signer
  readonly everyMs: number
  readonly count: number
  readonly target: CheckpointSink
  /** Records that the sinks were given since this trail was made: of the one that was given most. */
  readonly progress: () => number
  /** Lets the sinks have what there is: a checkpoint should not vouch for what they are only about to get. */
  readonly level: () => Promise<void>
}

/** In how many ms a checkpoint is due; 0 for now. */
export function dueIn(
  { at, since, now }: { readonly at: number | undefined; readonly since: number; readonly now: number },
  { everyMs, count }: { readonly everyMs: number; readonly count: number },
): number {
  if (at === undefined || since >= count) return 0
  // A clock that was set back does not put it off.
  return Math.max(0, Math.min(everyMs, at + everyMs - now))
}

/** Checkpoints over all logs of a journal, for the sink that keeps them. */
export class CheckpointsCargo implements Cargo<LastNote, Made> {
  readonly sink: string = CHECKPOINTS
  readonly #plan: CheckpointPlan
  readonly #shared: Shared
  readonly #watchedSince: number
  #delivered = 0
  /** What `progress` said when the last one was made. */
  #counted: number
  #isForced = false

  constructor(plan: CheckpointPlan, shared: Shared) {
    this.#plan = plan
    this.#shared = shared
    this.#counted = plan.progress()
    this.#watchedSince = shared.clock.now()
  }

  /** The next is due at once, and the sinks have had their time. */
  force(): void {
    this.#isForced = true
  }

  /** Whether enough records were delivered since the last one. */
  get isDueByCount(): boolean {
    return this.#since >= this.#plan.count
  }

  parse(name: string, text: string | undefined): LastNote {
    if (text === undefined) return { text, state: undefined, at: undefined }
    const { v, note, at } = membersOf(text)
    if (v !== 1 || typeof note !== 'string' || typeof at !== 'number') return unfit(name, text)
    return { text, state: resumeCheckpoints(note), at }
  }

  /** Where the logs end is asked first, and then the sinks are waited for: they are never behind for want of time. */
  async fetch(kept: LastNote): Promise<Fetched<LastNote, Made>> {
    const { clock, journal } = this.#shared
    const waitMs = this.#isForced ? 0 : dueIn({ at: kept.at, since: this.#since, now: clock.now() }, this.#plan)
    if (waitMs > 0) return { type: 'nothing', kept, withheld: false, waitMs }
    const counted = this.#plan.progress()
    const tips: LogTip[] = []
    for await (const { subject, n, hash } of journal.tips()) tips.push({ log: logName(subject), n, hash })
    if (!this.#isForced) await this.#plan.level()
    const at = clock.now()
    const made = makeCheckpoint(tips, kept.state, this.#plan.signer, at)
    this.#counted = counted
    this.#isForced = false
    return { type: 'load', load: { ...made, at } }
  }

  write({ checkpoint }: Made): Promise<void> {
    return this.#plan.target.write(checkpoint)
  }

  after(_kept: LastNote, { checkpoint: { note }, state, at }: Made): LastNote {
    return { text: canonical({ at, note, v: 1 }), state, at }
  }

  behind(): number {
    return 0
  }

  delivered({ checkpoint: { note }, state: { seq } }: Made): void {
    this.#delivered += 1
    this.#shared.events.tell('checkpointed', { sink: this.sink, seq, note })
  }

  /** How the sink of checkpoints is doing. */
  lag({ carriage }: CheckpointsCarrier, role: CheckpointsLag['role'], now: number): CheckpointsLag {
    const { place, failures, trouble } = carriage
    const kept = place.type === 'unknown' ? undefined : place.kept
    const told = { sink: this.sink, role, delivered: this.#delivered, failures, failing: trouble }
    const ageMs = Math.max(0, now - (kept?.at ?? this.#watchedSince))
    return { of: 'checkpoints', ...told, seq: kept?.state?.seq ?? 0, ageMs }
  }

  get #since(): number {
    return this.#plan.progress() - this.#counted
  }
}
