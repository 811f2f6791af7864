// autocannon brings no types: what the demo uses of it.
declare module 'autocannon' {
  interface Options {
    readonly url: string
    readonly connections: number
    readonly amount: number
    readonly requests: readonly { readonly method: string; readonly path: string }[]
    readonly verifyBody: (body: string) => boolean
  }

  interface Result {
    readonly requests: { readonly sent: number; readonly total: number }
    readonly latency: { readonly p50: number; readonly p99: number }
    readonly errors: number
    readonly timeouts: number
    readonly mismatches: number
    readonly non2xx: number
    readonly '5xx': number
  }

  interface Run {
    on(event: 'response' | 'done', listener: () => void): this
  }

  export default function autocannon(options: Options, done: (error: Error | null, result: Result) => void): Run
}
