import { callable, refuse, type Stop } from '../base/index.ts'

/** What a trail tells. Wall times in ms. */
export interface TrailEvents {
  /** A sink has kept these records, and the bookmark says so. */
  readonly delivered: { readonly trail: string; readonly sink: string; readonly records: number }
  /** The sink of checkpoints has kept one. */
  readonly checkpointed: { readonly trail: string; readonly sink: string; readonly seq: number; readonly note: string }
  /** A try has failed; it is made again after `retryMs`, and so on until it succeeds. */
  readonly failed: {
    readonly trail: string
    readonly sink: string
    /** What failed: the sink, the journal, or the lock that keeps two deliverers apart. */
    readonly part: 'sink' | 'journal' | 'lock'
    readonly error: unknown
    readonly cause: string
    /** Since when nothing has succeeded, and how many tries it was. */
    readonly since: number
    readonly tries: number
    /** Records that are known to wait. */
    readonly behind: number
    readonly retryMs: number
  }
  /** What had failed works again. */
  readonly recovered: { readonly trail: string; readonly sink: string; readonly since: number; readonly tries: number }
  /** Another process delivered to this sink at the same time: some records have come twice. This one starts afresh. */
  readonly overtaken: { readonly trail: string; readonly sink: string }
}

export type TrailEvent = keyof TrailEvents

/** Without the trail's name, which is the same for all. */
export type Told<Event extends TrailEvent> = Omit<TrailEvents[Event], 'trail'>

const EVENTS: { readonly [Event in TrailEvent]: true } = {
  delivered: true,
  checkpointed: true,
  failed: true,
  recovered: true,
  overtaken: true,
}

type Listener = (payload: unknown) => unknown

/** Who listens to a trail. A listener that throws harms nothing; a failure that nobody listens to is a warning. */
export class Events {
  readonly #trail: string
  readonly #listeners = new Map<TrailEvent, Set<Listener>>()

  constructor(trail: string) {
    this.#trail = trail
  }

  /** @throws OPTION_INVALID for an event that there is not */
  on<Event extends TrailEvent>(event: Event, listener: (payload: TrailEvents[Event]) => unknown): Stop {
    if (!Object.hasOwn(EVENTS, event)) refuse('the event', event, `one of ${Object.keys(EVENTS).join(', ')}`)
    callable(listener, `the listener of "${event}"`)
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    const own: Listener = (payload) => listener(payload as TrailEvents[Event])
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  tell<Event extends TrailEvent>(event: Event, told: Told<Event>): void {
    const listeners = this.#listeners.get(event)
    if (listeners === undefined || listeners.size === 0) return this.#untold(event, told)
    for (const listener of listeners) this.#call(event, listener, { trail: this.#trail, ...told })
  }

  /** Once for each time that something begins to fail. */
  #untold(event: TrailEvent, told: Partial<TrailEvents['failed']>): void {
    if (event !== 'failed' || told.tries !== 1) return
    warn(`audit trail "${this.#trail}", sink "${told.sink}": ${told.cause}`, "listen to trail.on('failed')")
  }

  #call(event: TrailEvent, listener: Listener, payload: unknown): void {
    const failed = (error: unknown): void =>
      warn(`a listener of "${event}" threw: ${String(error)}`, `trail ${this.#trail}`)
    try {
      const result = listener(payload)
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

function warn(message: string, detail: string): void {
  process.emitWarning(message, { type: 'PhasegateWarning', detail })
}
