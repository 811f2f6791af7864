import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse } from '../base/index.ts'
import type { Admission } from './admission.ts'
import { notIn } from './bring-down.ts'
import { type Health, type ProbePaths, probeOf, probeReply } from './health/index.ts'
import type { Holds } from './holds.ts'
import type { LifecyclePhase } from './lifecycle.ts'
import type { ModeSpec } from './modes.ts'
import { type Doorkeeper, type Incoming, Reply, type Returnable, respond } from './traffic/index.ts'

/** The phase says no: try another instance. */
const REFUSAL: Reply = new Reply('refused', 503, { 'Retry-After': '1' })

/** What the front desk has to know of the service. */
export interface Asked {
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
    if (permit === undefined) throw notIn('the service', 'active', this.#admission.seen.phase)
    return this.#holds.take(name, permit)
  }

  admits(_request: IncomingMessage, response: ServerResponse, phases: readonly LifecyclePhase[]): boolean {
    const permit = phases.includes(this.#admission.seen.phase) ? this.#admission.admit() : undefined
    if (permit === undefined) respond(response, REFUSAL)
    else response.once('close', () => permit.done())
    return permit !== undefined
  }
}
