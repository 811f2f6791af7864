import type { ErrorCode } from 'phasegate'

/** What a worker is told when it starts. */
export interface Orders {
  readonly worker: number
  /** Which life of the worker it is. */
  readonly life: number
  readonly seed: string
  readonly subjects: number
  /** Where the journal is reached, and where the ledger. */
  readonly journalPort: number
  readonly ledgerPort: number
  readonly leaseMs: number
  readonly pollMs: number
  /** Wall time in ms at which the chaos began: keys go with the time, the same for all workers. */
  readonly begunAt: number
}

/** One call of `flip`. */
export interface Call {
  /** Unique; kept in the record of the flip that the call began. */
  readonly id: string
  readonly subject: string
  readonly flip: string
  readonly key: string | undefined
}

/** What a call answered. */
export type Answer =
  | {
      readonly type: 'committed'
      readonly flipId: string
      readonly flip: string
      readonly from: string
      readonly to: string
      readonly epoch: number
      readonly attempt: number
      readonly outputs: Readonly<Record<string, unknown>>
      readonly replayed: boolean
    }
  | {
      readonly type: 'rolledBack'
      readonly flipId: string
      readonly from: string
      readonly failure: string
      readonly message: string
      readonly replayed: boolean
    }
  | { readonly type: 'stuck'; readonly flipId: string }
  /** `flipId`: the flip that it names as the reason. */
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly flipId: string | undefined }

/** An answer that a worker had in hand. Times are of the machine's monotonic clock, in ms, the same for all processes. */
export interface Acknowledged {
  readonly call: Call
  readonly askedAt: number
  readonly answeredAt: number
  readonly answer: Answer
}

export type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'asked' }
  | { readonly type: 'answered'; readonly acknowledged: Acknowledged }
  /** What is counted and not judged: cancels, resolutions, leases lost, errors in the background. */
  | { readonly type: 'noted'; readonly what: string }
  /** What must not happen. */
  | { readonly type: 'unforeseen'; readonly what: string }
  | { readonly type: 'finished' }
