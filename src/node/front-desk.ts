import type { ServerResponse } from 'node:http'
import { refuse } from '../base/index.ts'
import type { Admission } from './admission.ts'
import { notIn } from './bring-down.ts'
import type { RawRequest, RawResponse, Refusal } from './frameworks/index.ts'
import { type Health, type ProbePaths, probeOf, probeReply } from './health/index.ts'
import type { Holds } from './holds.ts'
import type { ModeSpec } from './modes.ts'
import { type Doorkeeper, type Incoming, Reply, type Returnable, respond } from './traffic/index.ts'

/** The phase says no: try another instance. */
const REFUSAL: Reply = new Reply('refused', 503, { 'Retry-After': '1' })

/** What the front desk has to know of the service. */
export interface Asked {
  /** Their names. */
  readonly modes: readonly string[]
  health(): Health
  /** Begins the drain. */
  preStop(): void
}

/** Receives whoever comes to the service: answers probes, gives out permits, turns away what the mode does not admit. */
export class FrontDesk implements Doorkeeper {
  readonly #admission: Admission
  readonly #holds: Holds
  readonly #paths: ProbePaths | undefined
  readonly #asked: Asked
  /** The phases that a request's route is served in. By its headers: what else there is of it differs by protocol. */
  readonly #leaves = new WeakMap<object, readonly string[]>()
  #mode: ModeSpec | undefined

  /** `paths`: of the probes that are answered to everybody who comes. */
  constructor(admission: Admission, holds: Holds, paths: ProbePaths | undefined, asked: Asked) {
    this.#admission = admission
    this.#holds = holds
    this.#paths = paths
    this.#asked = asked
  }

  /** From here on only what `mode` admits is let in; undefined lets in everything. */
  only(mode: ModeSpec | undefined): void {
    this.#mode = mode
  }

  /** The mode that is in force, by name. */
  get mode(): string | undefined {
    return this.#mode?.name
  }

  /** Whether the mode lets it in. Anything but `true` is a no, and so is an error. */
  mayEnter(incoming: Incoming): boolean {
    const admits = this.#mode?.admits
    if (admits === undefined) return true
    try {
      return admits(incoming) === true
    } catch {
      return false
    }
  }

  /** On the path of every request. */
  receive(incoming: Incoming): Returnable | Reply {
    const probe = this.probe(incoming.url, this.#paths)
    if (probe !== undefined) return probe
    return this.mayEnter(incoming) ? (this.#admission.admit() ?? REFUSAL) : REFUSAL
  }

  /** The answer to a probe; undefined when `url` is none of them. */
  probe(url: string | undefined, paths: ProbePaths | undefined): Reply | undefined {
    const probe = probeOf(url, paths)
    if (probe === undefined) return undefined
    if (probe === 'preStop') this.#asked.preStop()
    return probeReply(probe, this.#asked.health())
  }

  hold(name: string): Returnable {
    if (typeof name !== 'string' || name === '') return refuse('the name of a hold', name, 'text')
    const permit = this.#admission.admit()
    if (permit === undefined) throw notIn(this.#admission.id, 'active', this.#admission.seen.phase)
    return this.#holds.take(name, permit)
  }

  /** Undefined: it may be served, and no mode outside of `phases` is entered before its response is over. */
  refusal(request: RawRequest, phases: readonly string[]): Refusal | undefined {
    if (this.#servesIn(phases)) {
      this.#leaves.set(request.headers, phases)
      return undefined
    }
    const known = ['active', ...this.#asked.modes]
    const stranger = phases.find((phase) => !known.includes(phase))
    if (stranger !== undefined) return refuse('a phase to serve in', stranger, `one of ${known.join(', ')}`)
    return { status: REFUSAL.status, headers: refusalHeaders(request) }
  }

  /** As `refusal`, but answers it. */
  admits(request: RawRequest, response: RawResponse, phases: readonly string[]): boolean {
    if (this.refusal(request, phases) === undefined) return true
    respond(response as ServerResponse, REFUSAL)
    return false
  }

  /** Whether a request that was let in may stay now that the mode is another. */
  mayStay(incoming: Incoming): boolean {
    return this.mayEnter(incoming) && (this.#leaves.get(incoming.headers)?.includes(this.#serving) ?? true)
  }

  /** The phase that says who is let in; it is in force from the first step of the flip that leads there. */
  get #serving(): string {
    return this.#mode?.name ?? 'active'
  }

  /** While a mode is being entered or left, both phases have to agree. Before the start has ended, and in a drain, one. */
  #servesIn(phases: readonly string[]): boolean {
    const { phase } = this.#admission.seen
    const isBetween = phase !== this.#serving && (phase === 'active' || this.#asked.modes.includes(phase))
    return phases.includes(this.#serving) && (!isBetween || phases.includes(phase))
  }
}

function refusalHeaders({ httpVersionMajor }: RawRequest): Refusal['headers'] {
  const again = { 'Retry-After': String(REFUSAL.headers['Retry-After']) }
  return httpVersionMajor < 2 ? { ...again, Connection: 'close' } : again
}
