import { type AnyStateMachine, createActor, type InspectionEvent, type Observer } from 'xstate'
import { callable, isPlainObject, type Stop } from '../base/index.ts'
import type { Gate, TypedChart } from '../gate/index.ts'
import type { GateEvents } from '../telemetry/index.ts'
import { toMachine } from './to-machine.ts'

/**
 * Tells what happens to the subjects of a gate as XState tells it of actors: `@xstate.actor` when a subject is first seen,
 * then `@xstate.event` and `@xstate.snapshot`. A flip is an event when it has committed; what happens on the way there is
 * `drain:requested`, `drain:stepped` and so on, which change no snapshot. For `inspect` of Stately's inspector. It tells of
 * this process, holds an actor for every subject that it has seen, and is meant for development. Stops by what it returns.
 *
 * @example const stop = inspect(gate, createBrowserInspector().inspect)
 */
export function inspect<C extends TypedChart>(gate: Gate<C>, observer: InspectionObserver): Stop {
  const next = isPlainObject(observer)
    ? callable<(event: InspectionEvent) => void>(observer.next, 'observer.next').bind(observer)
    : callable<(event: InspectionEvent) => void>(observer, 'observer')
  return new Inspection(gate, next).stop
}

/** What XState's `inspect` option takes. */
export type InspectionObserver = Observer<InspectionEvent> | ((event: InspectionEvent) => void)

/** Timers of a chart belong to its gate: the actors that show it start none. */
const NO_TIMERS = { setTimeout: () => 0, clearTimeout: () => undefined }

/** A subject, as an actor shows it. */
type Shadow = ReturnType<typeof createActor<AnyStateMachine>>

/** What is told of an event that changes no phase. */
type Facts = Readonly<Record<string, unknown>>

type AnyGate = Pick<Gate, 'on'>

/** What the records of a flip in progress have in common, and what of each is told. */
interface Noted {
  readonly subject: string
  readonly flip: string
  readonly flipId: string
  readonly from: string
  readonly attempt: number
  readonly actor: { readonly id: string } | undefined
  readonly step?: string
  readonly undo?: readonly string[]
  readonly failure?: { readonly code: string }
  readonly how?: string
  readonly owner?: string
}

class Inspection {
  readonly stop: Stop
  readonly #machine: AnyStateMachine
  readonly #next: (event: InspectionEvent) => void
  readonly #shadows = new Map<string, Shadow>()

  constructor(gate: Gate<TypedChart>, next: (event: InspectionEvent) => void) {
    this.#machine = toMachine(gate.chart)
    this.#next = next
    const stops = this.#listen(gate)
    this.stop = () => {
      for (const stop of stops) stop()
      for (const shadow of this.#shadows.values()) shadow.stop()
      this.#shadows.clear()
    }
  }

  #listen(gate: AnyGate): readonly Stop[] {
    const on = <Event extends keyof typeof FACTS>(event: Event): Stop =>
      gate.on(event, (payload) => this.#note(event, payload as Noted))
    return [
      ...(Object.keys(FACTS) as (keyof typeof FACTS)[]).map(on),
      gate.on('flip.committed', ({ subject, flip, from, flipId }) => {
        this.#at(subject, from).send({ type: flip, flipId })
      }),
      // Neither is a flip that the machine knows: the subject begins anew where it was put.
      gate.on('flip.forced', ({ subject, phase }) => this.#begin(subject, phase)),
      gate.on('flip.migrated', ({ subject, phase }) => this.#begin(subject, phase)),
      gate.on('flip.refused', ({ subject, flip, phase, error }) => {
        if (phase !== undefined) this.#tell(subject, phase, { type: `${flip}:refused`, code: error.code })
      }),
    ]
  }

  #note(event: keyof typeof FACTS, payload: Noted): void {
    const { subject, flip, from, flipId } = payload
    const kind = event.slice(event.indexOf('.') + 1)
    this.#tell(subject, from, { type: `${flip}:${kind}`, flipId, ...FACTS[event](payload) })
  }

  #tell(subject: string, phase: string, event: Facts & { readonly type: string }): void {
    const shadow = this.#at(subject, phase)
    // XState tells nothing of an actor that is done.
    if (shadow.getSnapshot().status === 'active') shadow.send(event)
  }

  /** The subject's actor in `phase`: another process may have moved the subject on meanwhile. */
  #at(subject: string, phase: string): Shadow {
    const shadow = this.#shadows.get(subject)
    return shadow?.getSnapshot().value === phase ? shadow : this.#begin(subject, phase)
  }

  #begin(subject: string, phase: string): Shadow {
    this.#shadows.get(subject)?.stop()
    const shadow = createActor(this.#machine, {
      id: subject,
      snapshot: this.#machine.getPersistedSnapshot(this.#machine.resolveState({ value: phase, context: {} })),
      inspect: this.#next,
      clock: NO_TIMERS,
    })
    this.#shadows.set(subject, shadow)
    return shadow.start()
  }
}

/** The events of a flip on its way, and what is told of each: names and codes, never inputs or results. */
const FACTS = {
  'flip.requested': ({ actor, attempt }: Noted): Facts => ({ actor: actor?.id, attempt }),
  'flip.started': ({ step }: Noted): Facts => ({ step }),
  'flip.stepped': ({ step }: Noted): Facts => ({ step }),
  'flip.turned': ({ failure, undo }: Noted): Facts => ({ code: failure?.code, undo }),
  'flip.undone': ({ step }: Noted): Facts => ({ step }),
  'flip.rolledBack': ({ failure }: Noted): Facts => ({ code: failure?.code }),
  'flip.stuck': ({ step, failure }: Noted): Facts => ({ step, code: failure?.code }),
  'flip.resolved': ({ how }: Noted): Facts => ({ how }),
  'flip.adopted': ({ owner }: Noted): Facts => ({ owner }),
  'flip.cancelRequested': (): Facts => ({}),
} satisfies { readonly [Event in keyof GateEvents]?: (payload: Noted) => Facts }
