import { type Pending, pendingText, Reply } from '../traffic/index.ts'

/** What a service says of itself. */
export interface Health {
  /** Whether it wants traffic. */
  readonly isReady: boolean
  /** Whether it has ever been active. */
  readonly hasStarted: boolean
  readonly phase: string
  /** When the phase was entered, as wall time in ms. */
  readonly since: number
  /** The fencing token of the flip that led there; 0 before the first. */
  readonly epoch: number
  readonly inFlight: number
  /** Why it is being drained. */
  readonly draining: string | undefined
  readonly waitingFor: readonly Pending[]
}

/** What is asked of a service's health. `preStop` begins the drain. */
export type Probe = 'readiness' | 'liveness' | 'startup' | 'preStop'

/** The path of each probe that is answered. */
export type ProbePaths = { readonly [P in Probe]?: string | undefined }

/** However many are in flight, a probe's answer stays small. */
const MOST_NAMED = 10
const STATUS = {
  readiness: ['ready', 'not ready'],
  liveness: ['alive', 'alive'],
  startup: ['started', 'starting'],
  preStop: ['draining', 'draining'],
} as const

/** Which probe asks for `url`, if any. On the path of every request. */
export function probeOf(url: string | undefined, paths: ProbePaths | undefined): Probe | undefined {
  if (paths === undefined || url === undefined) return undefined
  if (asksFor(url, paths.readiness)) return 'readiness'
  if (asksFor(url, paths.liveness)) return 'liveness'
  if (asksFor(url, paths.startup)) return 'startup'
  return asksFor(url, paths.preStop) ? 'preStop' : undefined
}

function asksFor(url: string, path: string | undefined): boolean {
  return path !== undefined && url.startsWith(path) && (url.length === path.length || url[path.length] === '?')
}

/** 200 or 503, with the detail as JSON. Liveness is 200 as long as there is somebody to answer. */
export function probeReply(probe: Probe, health: Health): Reply {
  const isGood = isYes(probe, health)
  const body = JSON.stringify({
    status: STATUS[probe][isGood ? 0 : 1],
    phase: health.phase,
    since: new Date(health.since).toISOString(),
    epoch: health.epoch,
    inFlight: health.inFlight,
    draining: health.draining,
    waitingFor: health.waitingFor.length > 0 ? health.waitingFor.slice(0, MOST_NAMED).map(pendingText) : undefined,
  })
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  return new Reply('probe', isGood ? 200 : 503, headers, body)
}

function isYes(probe: Probe, { isReady, hasStarted }: Health): boolean {
  if (probe === 'readiness') return isReady
  return probe === 'startup' ? hasStarted : true
}
