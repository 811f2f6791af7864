import { formatMs, messageOf, type Stop, terminal, unreachable } from '../base/index.ts'
import { createGate, type Gate, type Subject } from '../gate/index.ts'
import { Admission } from './admission.ts'
import { admitOnly } from './admit-only.ts'
import { bringDown, type Descending, flipUp, ITSELF, notIn, tooLateToServe } from './bring-down.ts'
import { Dependencies } from './dependencies/index.ts'
import type { RawRequest, RawResponse, Refusal } from './frameworks/index.ts'
import { FrontDesk } from './front-desk.ts'
import { type Health, HealthPort } from './health/index.ts'
import { Holds } from './holds.ts'
import { type Lifecycle, type LifecycleFlips, type LifecyclePhase, type LifecycleWork, lifecycle } from './lifecycle.ts'
import * as platform from './platform/index.ts'
import { everySecond } from './progress.ts'
import type { Settings } from './settings.ts'
import { Shutdown } from './shutdown.ts'
import { StartUp } from './start-up.ts'
import { type Summary, summaryText } from './summary.ts'
import { NEVER, type Returnable, Traffic, WebSockets } from './traffic/index.ts'
import { Triggers } from './triggers.ts'
import type { Waiting } from './waiting.ts'
import { Watchers } from './watchers.ts'

type State =
  | { readonly type: 'starting' }
  | { readonly type: 'active' }
  | { readonly type: 'draining'; readonly reason: string; readonly shutdown: Shutdown; readonly over: Promise<void> }
  | { readonly type: 'undraining'; readonly reason: string; readonly shutdown: Shutdown; readonly done: Promise<void> }
  | { readonly type: 'stopped'; readonly reason: string; readonly shutdown: Shutdown }

/** A service from its start to its end. */
export class RunningService {
  readonly gate: Gate<Lifecycle>
  readonly subject: Subject<LifecyclePhase, LifecycleFlips>
  readonly ready: Promise<void>
  readonly stopped: Promise<Summary>

  readonly #settings: Settings
  readonly #traffic: Traffic
  readonly #dependencies: Dependencies
  readonly #holds: Holds
  readonly #admission: Admission
  readonly #desk: FrontDesk
  readonly #healthPort: HealthPort | undefined
  readonly #triggers: Triggers
  readonly #manager: platform.ServiceManager
  readonly #startUp: StartUp
  readonly #watchers = new Watchers()
  readonly #stops: readonly Stop[]
  #state: State = { type: 'starting' }
  #hasStarted = false
  #resolveStopped: (summary: Summary) => void = () => {}

  constructor(settings: Settings) {
    const { servers, dependencies, journal, telemetry, clock, terminal, health } = settings
    this.#settings = settings
    this.#traffic = new Traffic(clock)
    this.#dependencies = new Dependencies(dependencies, clock)
    this.#holds = new Holds(clock)
    this.gate = createGate(lifecycle(settings), {
      deps: { of: (id) => this.#work(id) },
      journal,
      telemetry,
      clock,
    })
    this.subject = this.gate.subject(settings.subject)
    this.#admission = new Admission(this.gate, this.subject, clock)
    const modes = settings.modes.map(({ name }) => name)
    const asked = { modes, health: () => this.health(), preStop: () => void this.drain('preStop') }
    const openPaths = health?.listen === undefined ? health?.paths : undefined
    this.#desk = new FrontDesk(this.#admission, this.#holds, openPaths, asked)
    this.#healthPort = health?.listen && new HealthPort(health.listen, (url) => this.#desk.probe(url, health.paths))
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve
    })
    this.#manager = platform.serviceManager(settings.notify, process.env, terminal.say)
    this.#startUp = new StartUp(settings, this.#dependencies, this.#manager)
    this.#triggers = new Triggers(settings, {
      drain: (reason) => void this.#shutdown(reason),
      crashed: (thrown, reason) => this.#crashed(thrown, reason),
    })
    this.#stops = [...servers.map(({ server }) => this.#traffic.watch(server, this.#desk)), () => this.#triggers.stop()]
    const warning = platform.tooLate(settings.graceMs, settings.killAfter)
    if (warning !== undefined) terminal.say(`${settings.name}: ${warning}`)
    this.ready = this.#start()
    // The end of the service tells of a failed start as well: nobody has to listen in two places.
    this.ready.catch(() => {})
  }

  drain(reason: string): Promise<Summary> {
    this.#shutdown(reason)
    return this.stopped
  }

  async undrain(reason: string): Promise<void> {
    const state = this.#state
    if (state.type === 'undraining') return state.done
    const { phase } = this.#admission.seen
    if (state.type !== 'draining') throw tooLateToServe(phase, 'nothing is being drained')
    if (!this.#hasStarted) throw tooLateToServe(phase, 'it was never active')
    const stuck = this.#dependencies.withoutResume
    if (stuck.length > 0) throw tooLateToServe(phase, `${stuck.join(', ')} cannot resume`)
    if (!state.shutdown.callOff(reason)) throw tooLateToServe(phase, 'the listeners are closing')
    const done = state.over.then(() => this.#serveAgain(state.reason, reason))
    this.#state = { type: 'undraining', reason: state.reason, shutdown: state.shutdown, done }
    return done
  }

  health(): Health {
    const state = this.#state
    return {
      isReady: state.type === 'active',
      hasStarted: this.#hasStarted,
      ...this.#admission.seen,
      inFlight: this.#traffic.inFlight,
      draining: 'reason' in state ? state.reason : undefined,
      waitingFor: 'shutdown' in state ? state.shutdown.pending() : this.#dependencies.pending(),
    }
  }

  hold(name: string): Returnable {
    return this.#desk.hold(name)
  }

  admits(request: RawRequest, response: RawResponse, phases: readonly string[]): boolean {
    return this.#desk.admits(request, response, phases)
  }

  refusal(request: RawRequest, phases: readonly string[]): Refusal | undefined {
    return this.#desk.refusal(request, phases)
  }

  on(event: 'waiting', listener: (waiting: Waiting) => void): Stop {
    return this.#watchers.on(event, listener)
  }

  async #start(): Promise<void> {
    try {
      await this.#healthPort?.open(NEVER)
      await this.subject.phase()
      await this.subject.flip('start', undefined, { actor: ITSELF })
    } catch (error) {
      if (this.#state.type === 'starting') this.#begin(`start failed: ${messageOf(error)}`, error)
      throw error
    }
    if (this.#state.type !== 'starting') throw notIn(this.subject.id, 'active', this.#admission.seen.phase)
    this.#active()
  }

  #active(): void {
    this.#state = { type: 'active' }
    this.#hasStarted = true
    this.#manager(['READY=1', `STATUS=${this.#admission.seen.phase}`])
  }

  get #descending(): Descending {
    return { settings: this.#settings, gate: this.gate, subject: this.subject, ready: this.ready }
  }

  /** What the steps of its flips do. Only this process can do it for this subject. */
  #work(subject: string): LifecycleWork {
    if (subject !== this.subject.id) throw terminal(new Error(`"${subject}" is not the service of this process`))
    return {
      start: (name, signal) => this.#startUp.start(name, signal),
      unstart: (name) => this.#dependencies.stop(name),
      open: (signal) => this.#startUp.open(signal),
      close: () => this.#traffic.stopAccepting(),
      admitOnly: (mode, signal) =>
        admitOnly(this.#settings, { desk: this.#desk, traffic: this.#traffic }, mode, signal),
      shutdown: (reason) => ('shutdown' in this.#state ? this.#state.shutdown : this.#shutdown(reason)),
      calledOff: () => {
        if (this.#state.type !== 'undraining') throw terminal(tooLateToServe('draining', 'call undrain() instead'))
      },
    }
  }

  #crashed(thrown: unknown, reason: string): void {
    const { crashGraceMs, exits } = this.#settings
    if (this.#state.type === 'stopped' && exits) process.exitCode = 1
    const crashed = (): void => this.#shutdown(reason).crashed(thrown, crashGraceMs)
    if (this.#state.type === 'undraining') this.#afterwards(this.#state.done, crashed)
    else crashed()
  }

  /** Whatever becomes of the way back, what has been triggered meanwhile is triggered. */
  #afterwards(undrained: Promise<void>, trigger: () => unknown): void {
    undrained.then(trigger, trigger)
  }

  /** The drain in progress; begins it when there is none. */
  #shutdown(reason: string): Shutdown {
    const state = this.#state
    switch (state.type) {
      case 'starting':
        this.#startUp.breakOff(reason)
        return this.#begin(reason)
      case 'active':
        return this.#begin(reason)
      case 'undraining':
        this.#afterwards(state.done, () => this.#shutdown(reason))
        return state.shutdown
      case 'draining':
      case 'stopped':
        return state.shutdown
      default:
        return unreachable(state)
    }
  }

  /** Everything that must be so from this tick on. */
  #begin(reason: string, error?: unknown): Shutdown {
    const wasReady = this.#state.type === 'active'
    const { webSockets: specs, clock, random, terminal } = this.#settings
    const webSockets = new WebSockets(specs, clock, { random, say: terminal.say })
    const house = { traffic: this.#traffic, webSockets, dependencies: this.#dependencies, holds: this.#holds }
    const shutdown = new Shutdown(this.#settings, house, { reason, wasReady, error })
    this.#manager(['STOPPING=1', `STATUS=draining: ${reason}`, platform.extendTimeout(this.#settings.graceMs)])
    this.#state = { type: 'draining', reason, shutdown, over: this.#end(reason, shutdown) }
    return shutdown
  }

  /** Resolves when the service has stopped, or its drain was called off. */
  async #end(reason: string, shutdown: Shutdown): Promise<void> {
    const { clock, terminal, exits, name } = this.#settings
    const stopTelling = everySecond(clock, () => this.#tell(shutdown.waiting()))
    const summary = await bringDown(this.#descending, shutdown, reason)
    stopTelling()
    terminal.clear()
    if (summary === undefined) return
    await this.#healthPort?.close()
    this.#state = { type: 'stopped', reason, shutdown }
    terminal.say(summaryText(name, summary))
    this.#resolveStopped(summary)
    if (exits) platform.leave(summary.code, terminal.say)
    else for (const stop of this.#stops) stop()
  }

  /** The drain was called off. One that cannot be recorded goes on. */
  async #serveAgain(drained: string, reason: string): Promise<void> {
    try {
      await flipUp(this.subject, this.#desk.mode, reason)
    } catch (error) {
      this.#begin(drained)
      throw error
    }
    await this.#dependencies.resume(NEVER)
    this.#triggers.forget()
    this.#active()
  }

  #tell(waiting: Waiting): void {
    const { name, terminal } = this.#settings
    terminal.show(`${name} draining for ${formatMs(waiting.forMs)}: ${waiting.text}`)
    this.#watchers.tell(waiting, (error) => terminal.say(`a listener of 'waiting' threw: ${messageOf(error)}`))
  }
}
