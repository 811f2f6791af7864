/** What a service tells the demo. */
export type FromService =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'pulse'; readonly inFlight: number }
  | {
      readonly type: 'flip'
      readonly flip: string
      readonly from: string
      readonly to: string
      readonly inFlight: number
    }
  | { readonly type: 'step'; readonly flip: string; readonly step: string; readonly ms: number }
  | {
      readonly type: 'stopped'
      readonly answered: number
      readonly idleClosed: number
      readonly cut: number
      readonly ms: number
    }

/** What the load generator has counted. */
export interface Tally {
  readonly asked: number
  readonly answered: number
  /** Connections that failed, and answers that did not come in time. */
  readonly errors: number
  readonly timeouts: number
  /** Answers that were cut short. */
  readonly truncated: number
  readonly non2xx: number
  readonly status5xx: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What the load generator tells the demo. */
export type FromLoad =
  | { readonly type: 'progress'; readonly answered: number }
  | { readonly type: 'tally'; readonly tally: Tally }
