import type { PhasegateError } from '../base/index.ts'
import type { Lease } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { SubjectLog } from './log.ts'
import { Tenure, type TenureOptions } from './tenure.ts'

export interface HoldingOptions {
  readonly engine: Engine
  readonly log: SubjectLog
  /** The exclusive resources of the flip, already held. */
  readonly leases: readonly Lease[]
  readonly epoch: number
  /** Monotonic, from before the subject was asked for. */
  readonly askedAtMs: number
  /** Called once, when the subject is lost. */
  readonly lost: (error: () => PhasegateError) => void
  /** Called once for each resource that is lost. */
  readonly resourceLost: (resource: string) => void
}

/** What a run holds while it lasts: its subject, and the exclusive resources of its flip. */
export class Holding {
  readonly #subject: Tenure
  readonly #resources: readonly Tenure[]

  constructor({ engine, log, leases, epoch, askedAtMs, lost, resourceLost }: HoldingOptions) {
    const hold = (resource: string, token: number, how: Pick<TenureOptions, 'renew' | 'lost'>): Tenure => {
      const { clock, leaseTtlMs: ttlMs } = engine
      return new Tenure({ resource, epoch: token, ttlMs, clock, renew: how.renew, lost: how.lost }, askedAtMs)
    }
    this.#subject = hold(`"${log.ref.id}"`, epoch, {
      renew: (ttlMs) => engine.journal.renew(log.ref, epoch, ttlMs),
      lost: () => lost(() => this.#subject.lossOf()),
    })
    this.#resources = leases.map((lease) =>
      hold(`resource "${lease.resource}"`, lease.epoch, {
        renew: (ttlMs) => lease.renew(ttlMs),
        lost: () => resourceLost(lease.resource),
      }),
    )
  }

  /** What has to be done now and again, for as long as the subject and the resources shall be held. */
  beats(): readonly (() => Promise<void>)[] {
    return [this.#subject, ...this.#resources].map((tenure) => () => tenure.beat())
  }

  /** A write that the journal accepted has renewed the subject's lease, counted from when it was asked. */
  extend(askedAtMs: number): void {
    this.#subject.extend(askedAtMs)
  }

  /** @throws LEASE_LOST when the subject is not held any more */
  assertSubject(): void {
    this.#subject.assertHeld()
  }

  /** @throws LEASE_LOST when the subject, or a resource, is not held any more */
  assertAll(): void {
    this.#subject.assertHeld()
    for (const resource of this.#resources) resource.assertHeld()
  }
}
