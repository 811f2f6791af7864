import { randomUUID } from 'node:crypto'
import { fromPromise, type PromiseActorLogic } from 'xstate'
import { flag, isPhasegateError, known, messageOf } from '../base/index.ts'
import type { FlipsOf } from '../chart/index.ts'
import type { FlipOptions, Gate, ResultOf, Subject, TypedChart } from '../gate/index.ts'

type FlipNames<C extends TypedChart> = keyof FlipsOf<C> & string
type InputOf<C extends TypedChart, Flip extends FlipNames<C>> = FlipsOf<C>[Flip]['input']

/** What an actor of a gate is asked for: as `subject.flip(flip, input, options)`. */
export type FlipRequest<C extends TypedChart> = {
  readonly [Flip in FlipNames<C>]: {
    readonly flip: Flip
    /** `key` @default one that is made with the actor, and kept in its snapshot */
    readonly options?: FlipOptions | undefined
  } & (undefined extends InputOf<C, Flip>
    ? { readonly input?: InputOf<C, Flip> }
    : { readonly input: InputOf<C, Flip> })
}[FlipNames<C>]

/** Logic of an actor that flips once: its output is the flip's result, its error a `PhasegateError`. */
export type PhaseActorLogic<C extends TypedChart> = PromiseActorLogic<
  ResultOf<FlipsOf<C>, FlipNames<C>>,
  FlipRequest<C>
>

/** Options of `phaseActor(gate, id, options)`. */
export interface PhaseActorOptions {
  /**
   * Whether the flip is cancelled when its actor is stopped before it has ended.
   * @default false: the flip is durable, and goes on
   */
  readonly cancelOnStop?: boolean | undefined
}

/**
 * A flip of subject `id` as XState actor logic, to be invoked by a machine. An actor that is restored from a persisted
 * snapshot asks under the key of the one that was persisted: it joins the flip, or gets its result; nothing runs twice.
 *
 * @example
 * setup({ actors: { db: phaseActor(gate, 'db-7') } })
 * // … invoke: { src: 'db', input: { flip: 'drain', input: { reason: 'patch' } }, onDone: 'drained', onError: 'failed' }
 */
export function phaseActor<C extends TypedChart>(
  gate: Gate<C>,
  id: string,
  options?: PhaseActorOptions,
): PhaseActorLogic<C> {
  const given = known(options, 'phase actor options', ['cancelOnStop'])
  const cancelOnStop = flag(given.cancelOnStop, 'cancelOnStop')
  const subject: Subject = gate.subject(id)
  const logic = fromPromise<unknown, Request>(async ({ input, signal }) => {
    const flipping = subject.flip(input.flip, input.input, input.options)
    if (!cancelOnStop) return flipping
    const stopWatching = cancelOnAbort(gate, subject, input, signal)
    return flipping.finally(stopWatching)
  })
  const keyed: typeof logic = {
    ...logic,
    getInitialSnapshot: (scope, input) => logic.getInitialSnapshot(scope, withKey(input)),
  }
  return keyed as unknown as PhaseActorLogic<C>
}

/** A request whose key is settled: what the snapshot of the actor holds. */
interface Request {
  readonly flip: string
  readonly input?: unknown
  readonly options: FlipOptions & { readonly key: string }
}

function withKey(input: unknown): Request {
  const { flip, input: passed, options } = known(input, 'the input of a phase actor', ['flip', 'input', 'options'])
  const given: FlipOptions = known(options, 'the options of a phase actor', OPTIONS)
  return {
    flip: String(flip),
    ...(passed === undefined ? {} : { input: passed }),
    options: { ...given, key: given.key ?? `xstate:${randomUUID()}` },
  }
}

const OPTIONS: readonly (keyof FlipOptions)[] = ['key', 'actor', 'wait', 'join', 'trace', 'breakGlass']

/** Cancels the flip once the actor is stopped: the one in progress, or the one that is requested after that. */
function cancelOnAbort(
  gate: Pick<Gate, 'on'>,
  subject: Subject,
  { options: { key, actor } }: Request,
  signal: AbortSignal,
): () => void {
  const cancel = async (flipId: string): Promise<void> => {
    try {
      await subject.cancel(flipId, { reason: 'its actor was stopped', actor })
    } catch (error) {
      if (isPhasegateError(error, 'FLIP_NOT_FOUND') || isPhasegateError(error, 'FLIP_PAST_RETURN')) return
      warn(error, subject.id)
    }
  }
  const stopListening = gate.on('flip.requested', (requested) =>
    signal.aborted && requested.subject === subject.id && requested.key === key ? cancel(requested.flipId) : undefined,
  )
  signal.addEventListener('abort', () => {
    subject.state().then(
      ({ flip }) => (flip?.key === key ? cancel(flip.id) : undefined),
      (error: unknown) => warn(error, subject.id),
    )
  })
  return stopListening
}

/** Nobody listens to an actor that was stopped. */
function warn(error: unknown, subject: string): void {
  process.emitWarning(`a stopped actor could not cancel its flip of "${subject}": ${messageOf(error)}`, {
    type: 'PhasegateWarning',
  })
}
