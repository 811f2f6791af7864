import { type Pending, pendingText, Reply } from './traffic/index.ts'

export type Probe = 'readiness' | 'liveness'

/** What a service says of itself. */
export interface Health {
  /** Whether it wants traffic. */
  readonly isReady: boolean
  readonly phase: string
  /** When the phase was entered, as wall time in ms. */
  readonly since: number
  readonly inFlight: number
  /** Why it is being drained. */
  readonly draining: string | undefined
  readonly waitingFor: readonly Pending[]
}

/** However many are in flight, a probe's answer stays small. */
const MOST_NAMED = 10

/** Which probe asks for `url`, if any. */
export function probeOf(
  url: string | undefined,
  paths: { readonly [P in Probe]: string } | undefined,
): Probe | undefined {
  if (paths === undefined || url === undefined) return undefined
  if (asksFor(url, paths.readiness)) return 'readiness'
  return asksFor(url, paths.liveness) ? 'liveness' : undefined
}

function asksFor(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?')
}

/** 200 or 503, with the detail as JSON. Liveness is 200 as long as there is somebody to answer. */
export function probeReply(probe: Probe, health: Health): Reply {
  const isGood = probe === 'liveness' || health.isReady
  const body = JSON.stringify({
    status: probe === 'liveness' ? 'alive' : isGood ? 'ready' : 'not ready',
    phase: health.phase,
    since: new Date(health.since).toISOString(),
    inFlight: health.inFlight,
    draining: health.draining,
    waitingFor: health.waitingFor.length > 0 ? health.waitingFor.slice(0, MOST_NAMED).map(pendingText) : undefined,
  })
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  return new Reply('probe', isGood ? 200 : 503, headers, body)
}

/** The phase says no: try another instance. */
export const REFUSAL: Reply = new Reply('refused', 503, { 'Retry-After': '1' })
