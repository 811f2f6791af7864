import type { ServerResponse } from 'node:http'
import type { Pending } from './connection.ts'

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
export function answerProbe(probe: Probe, health: Health, response: ServerResponse): void {
  const isGood = probe === 'liveness' || health.isReady
  const body = JSON.stringify({
    status: probe === 'liveness' ? 'alive' : isGood ? 'ready' : 'not ready',
    phase: health.phase,
    since: new Date(health.since).toISOString(),
    inFlight: health.inFlight,
    draining: health.draining,
    waitingFor: health.waitingFor.length > 0 ? health.waitingFor.slice(0, MOST_NAMED).map(pendingText) : undefined,
  })
  response.writeHead(isGood ? 200 : 503, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

/** The phase says no: try another instance. */
export function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'Retry-After': '1', 'Content-Length': 0, Connection: 'close' })
  response.end()
}

/** `GET /report, 12.4 s, 3,072 bytes` */
export function pendingText({ what, method, path, ageMs, bytes }: Pending): string {
  const name = what === 'request' ? `${method} ${path}` : what
  return `${name}, ${(ageMs / 1_000).toFixed(1)} s, ${bytes.toLocaleString('en')} bytes`
}
