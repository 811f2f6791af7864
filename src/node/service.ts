import { messageOf, type Stop, terminal, unreachable } from '../base/index.ts'
import { createGate, type Gate, type Subject } from '../gate/index.ts'
import { Admission } from './admission.ts'
import { leave, RECORD_MS } from './exit.ts'
import { flipDown, ITSELF, notIn, notRecorded, permitsBack } from './flips.ts'
import { type Health, probeOf, probeReply, REFUSAL } from './health.ts'
import { type Lifecycle, type LifecycleFlips, type LifecyclePhase, lifecycle } from './lifecycle.ts'
import type { ServiceOptions } from './options.ts'
import { parseOptions, type Settings } from './settings.ts'
import { Shutdown } from './shutdown.ts'
import { watchSignals } from './signals.ts'
import { type Summary, summaryText } from './summary.ts'
import { addressOf, type Incoming, listening, type Reply, type Returnable, Traffic, within } from './traffic/index.ts'

/** A server whose lifecycle is a subject of a gate. */
export interface Service {
  /** Its events tell every flip: `gate.on('flip.committed', …)`. The service closes it when it has stopped. */
  readonly gate: Gate<Lifecycle>
  readonly subject: Subject<LifecyclePhase, LifecycleFlips>
  /** Resolves when the service is active; rejects when it could not start, or was drained before. It need not be handled. */
  readonly ready: Promise<void>
  /** Resolves when everything has ended, just before the process may. */
  readonly stopped: Promise<Summary>
  /** Begins the drain in this very tick; a second call joins the first. Resolves as `stopped` does. */
  drain(reason: string): Promise<Summary>
  /** What the probes answer. */
  health(): Health
}

/**
 * Runs a server through `starting → active → draining → stopped`, so that no request is lost at its end: on a signal, or
 * on `drain()`, it turns unready, serves until the balancers have let go, closes the listener, waits for what is in
 * flight, and lets the process end with code 0.
 *
 * @throws OPTION_INVALID, naming the option
 * @example
 * const server = createServer(handler)
 * service({ server, listen: { port: 8080 } })
 */
export function service(options: ServiceOptions): Service {
  return new RunningService(parseOptions(options))
}

type State =
  | { readonly type: 'starting'; readonly abort: AbortController }
  | { readonly type: 'active' }
  | { readonly type: 'draining' | 'stopped'; readonly reason: string; readonly shutdown: Shutdown }

class RunningService implements Service {
  readonly gate: Gate<Lifecycle>
  readonly subject: Subject<LifecyclePhase, LifecycleFlips>
  readonly ready: Promise<void>
  readonly stopped: Promise<Summary>

  readonly #settings: Settings
  readonly #traffic: Traffic
  readonly #admission: Admission
  readonly #stops: readonly Stop[]
  #state: State = { type: 'starting', abort: new AbortController() }
  #resolveStopped: (summary: Summary) => void = () => {}

  constructor(settings: Settings) {
    const { server, journal, clock, graceMs } = settings
    this.#settings = settings
    this.#traffic = new Traffic(clock)
    const deps = {
      open: (signal: AbortSignal) => this.#open(signal),
      close: () => this.#traffic.stopAccepting(),
      shutdown: (reason: string) => this.#shutdown(reason),
    }
    this.gate = createGate(lifecycle(graceMs), { deps, journal, clock })
    this.subject = this.gate.subject(settings.subject)
    this.#admission = new Admission(this.gate, this.subject, clock)
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#stops = [
      this.#traffic.watch(server, { receive: (incoming) => this.#receive(incoming) }),
      this.#watchSignals(),
    ]
    this.ready = this.#start()
    // The end of the service tells of a failed start as well: nobody has to listen in two places.
    this.ready.catch(() => {})
  }

  drain(reason: string): Promise<Summary> {
    this.#shutdown(reason)
    return this.stopped
  }

  health(): Health {
    const state = this.#state
    return {
      isReady: state.type === 'active',
      ...this.#admission.seen,
      inFlight: this.#traffic.inFlight,
      draining: 'reason' in state ? state.reason : undefined,
      waitingFor: 'reason' in state ? this.#traffic.pending() : [],
    }
  }

  async #start(): Promise<void> {
    try {
      await this.subject.phase()
      await this.subject.flip('start', undefined, { actor: ITSELF })
    } catch (error) {
      if (this.#state.type === 'starting') this.#begin(`start failed: ${messageOf(error)}`, error)
      throw error
    }
    if (this.#state.type !== 'starting') throw notIn(this.subject.id, 'active', this.#admission.seen.phase)
    this.#state = { type: 'active' }
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { server, listen } = this.#settings
    if (this.#state.type !== 'starting') throw notIn(this.subject.id, 'starting', this.#admission.seen.phase)
    await listening(server, listen, AbortSignal.any([signal, this.#state.abort.signal]))
    return addressOf(server)
  }

  /** The drain in progress; begins it when there is none. */
  #shutdown(reason: string): Shutdown {
    const state = this.#state
    switch (state.type) {
      case 'starting':
        state.abort.abort(terminal(new Error(`${reason} came before the service was ready`)))
        return this.#begin(reason, undefined)
      case 'active':
        return this.#begin(reason, undefined)
      case 'draining':
      case 'stopped':
        return state.shutdown
      default:
        return unreachable(state)
    }
  }

  /** Everything that must be so from this tick on. */
  #begin(reason: string, error: unknown): Shutdown {
    const wasReady = this.#state.type === 'active'
    const shutdown = new Shutdown(this.#settings, this.#traffic, { reason, wasReady })
    this.#state = { type: 'draining', reason, shutdown }
    void this.#run(reason, shutdown, error)
    return shutdown
  }

  async #run(reason: string, shutdown: Shutdown, error: unknown): Promise<void> {
    const { clock, exits, log, name, graceMs } = this.#settings
    const flips = this.ready.catch(() => {}).then(() => flipDown(this.subject, reason, graceMs))
    await shutdown.finish(flips, () => permitsBack(this.subject, clock))
    const closed = flips.finally(() => this.gate.close({ within: 0 }))
    const unrecorded = await within(clock, RECORD_MS, closed, notRecorded).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    const summary = await shutdown.summary(error ?? unrecorded)
    this.#state = { type: 'stopped', reason, shutdown }
    log(summaryText(name, summary))
    this.#resolveStopped(summary)
    if (exits) leave(summary.code, log)
    else for (const stop of this.#stops) stop()
  }

  #receive(incoming: Incoming): Returnable | Reply {
    const probe = probeOf(incoming.url, this.#settings.health)
    if (probe !== undefined) return probeReply(probe, this.health())
    return this.#admission.admit() ?? REFUSAL
  }

  #watchSignals(): Stop {
    const { signals, log, exits } = this.#settings
    return watchSignals(signals, (decision, signal) => {
      if (decision === 'drain') this.#shutdown(signal)
      if (decision === 'exit' && exits) process.exit(130)
      if (decision !== 'drain') log(`${signal} again: draining already`)
    })
  }
}
