/** What a drain waits for, and what is cut at its deadline. */
export interface Pending {
  readonly what:
    | 'request'
    | 'half-received request'
    | 'upgraded connection'
    | 'hold'
    | 'consumer'
    | 'dependency'
    | 'permits'
  /** What its owner calls it: a hold, a consumer, a dependency. */
  readonly name: string | undefined
  readonly method: string | undefined
  /** Without the query, which may hold what nobody else is to read. */
  readonly path: string | undefined
  readonly ageMs: number
  /** Bytes written in answer since the trigger. */
  readonly bytes: number
}

/** Of a request's URL, what anybody may read. */
export function pathOf(url: string | undefined): string | undefined {
  return url?.split('?', 1)[0]
}

/** Something pending that is neither a request nor a connection. */
export function pendingCalled(what: Pending['what'], name: string | undefined, ageMs: number): Pending {
  return { what, name, method: undefined, path: undefined, ageMs, bytes: 0 }
}

/** `GET /report, 12.4 s, 3,072 bytes` */
export function pendingText({ what, name, method, path, ageMs, bytes }: Pending): string {
  const age = `${(ageMs / 1_000).toFixed(1)} s`
  if (what === 'request') return `${method} ${path}, ${age}, ${bytes.toLocaleString('en')} bytes`
  if (name !== undefined || what === 'permits') return `${[what, name].filter((part) => part).join(' ')}, ${age}`
  return `${what}${path === undefined ? '' : ` ${path}`}, ${age}, ${bytes.toLocaleString('en')} bytes`
}
