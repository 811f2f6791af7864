import { isPhasegateError, type PhasegateError, textOf } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { digestInput, makeKey, placeInside, type Result, TIMER } from '../flip/index.ts'
import type { SafeFlip } from '../telemetry/index.ts'
import { type Answer, settle } from './answer.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import { parseInput } from './input.ts'
import { type FlipSettings, parseFlipOptions } from './options.ts'
import * as refusal from './refusal.ts'
import { type Asking, Request } from './request.ts'
import type { FlipOptions, Safe } from './types.ts'
import { endOfBroken, endOfCall } from './watched.ts'

/** A flip as somebody asks for it: nothing of it is known to be right. */
interface Ask {
  readonly name: string
  readonly input: unknown
  readonly options: FlipOptions | undefined
  /** The phase that the caller believes in, if any. */
  readonly believed: string | undefined
}

/** Asks for a flip; rejects only with what is no error of ours. */
export async function ask(desk: Desk, { name, input, options, believed }: Ask): Promise<Safe<Result>> {
  const watch = watching(desk, 'asked', name, options?.trace)
  let settings: FlipSettings | undefined
  let answer: Answer
  try {
    settings = parseFlipOptions(options)
    answer = await answerTo(desk, specOf(desk, name), input, { settings, believed, watch })
  } catch (error) {
    if (!isPhasegateError(error)) {
      watch?.ended(endOfBroken(error))
      throw error
    }
    answer = { type: 'refused', error }
  }
  const settled = settle(desk.id, answer)
  end(desk, name, answer, { settings, watch })
  return settled
}

/** Asks as the system, because a timer has run out. */
export async function fire(desk: Desk, flip: string): Promise<Answer> {
  const spec = specOf(desk, flip)
  const settings: FlipSettings = { ...parseFlipOptions(undefined), actor: TIMER }
  const watch = watching(desk, 'timer', flip, undefined)
  let answer: Answer
  try {
    await authorise(desk, { act: 'flip', spec, actor: TIMER })
    const asking = { settings, spec, input: undefined, key: undefined, believed: undefined, isTimer: true, watch }
    answer = await new Request(desk, asking).answer()
  } catch (error) {
    if (!isPhasegateError(error)) {
      watch?.ended(endOfBroken(error))
      throw error
    }
    answer = { type: 'refused', error }
  }
  end(desk, flip, answer, { settings, watch })
  return answer
}

/** The flip that the chart declares. @throws FLIP_UNKNOWN */
export function specOf({ core: { chart } }: Desk, name: string): FlipSpec {
  const spec = chart.flips.get(name)
  if (spec === undefined) throw refusal.unknownFlip(chart.name, name, [...chart.flips.keys()])
  return spec
}

type Asker = Pick<Asking, 'settings' | 'believed'> & { readonly watch: SafeFlip | undefined }

async function answerTo(
  desk: Desk,
  spec: FlipSpec,
  input: unknown,
  { settings, believed, watch }: Asker,
): Promise<Answer> {
  desk.core.assertOpen()
  const inside = placeInside(desk.log)
  if (inside !== undefined) throw refusal.reentrant(desk.id, spec.name, inside)
  const leave = authorise(desk, { act: 'flip', spec, actor: settings.actor })
  if (leave !== undefined) await leave
  if (settings.breakGlass !== undefined) await authorise(desk, { act: 'breakGlass', spec, ...settings.breakGlass })
  const parsed = spec.input === undefined && input === undefined ? undefined : await parseInput(spec, input)
  const key =
    settings.key === undefined
      ? undefined
      : makeKey(settings.key, spec.name, digestInput(spec, desk.core.engine.secrets, parsed))
  return joinOrStart(desk, { settings, spec, input: parsed, key, believed, isTimer: false, watch })
}

/** Calls of one key in this process are one call. */
function joinOrStart(desk: Desk, asking: Asking): Promise<Answer> {
  const { key, spec, settings, watch } = asking
  if (key === undefined) return new Request(desk, asking).answer()
  const { calls } = desk
  const earlier = calls.get(key.text)
  if (earlier !== undefined && (earlier.flip !== spec.name || earlier.key.fingerprint !== key.fingerprint)) {
    throw refusal.keyMismatch(desk.id, spec.name, key.text, earlier.flip)
  }
  if (earlier !== undefined && settings.join) {
    watch?.joined(earlier.trace)
    return earlier.answer.then((answer) => (goesFurther(settings, answer) ? joinOrStart(desk, asking) : answer))
  }
  const answer = new Request(desk, asking).answer()
  if (earlier !== undefined) return answer
  calls.set(key.text, { flip: spec.name, key, answer, trace: watch?.trace })
  return answer.finally(() => calls.delete(key.text))
}

/** The earlier call may have been refused for want of the patience, or of the leave, that this one has. */
function goesFurther({ waitMs, breakGlass }: FlipSettings, answer: Answer): boolean {
  if (answer.type !== 'refused') return false
  const { error } = answer
  if (isPhasegateError(error, 'GUARD_REFUSED')) return breakGlass !== undefined && error.facts.by === 'policy'
  return waitMs > 0 && (error.code === 'FLIP_BUSY' || error.code === 'RESOURCE_BUSY')
}

/** Undefined, and nothing is done, where nobody watches. */
function watching(desk: Desk, beginning: 'asked' | 'timer', flip: string, trace: unknown): SafeFlip | undefined {
  const given = typeof trace === 'string' ? trace : undefined
  return desk.core.watch?.flip({ beginning, subject: desk.id, flip: textOf(flip), trace: given })
}

/** Who asked, as far as that could be understood, and who follows. */
interface Caller {
  readonly settings: FlipSettings | undefined
  readonly watch: SafeFlip | undefined
}

function end(desk: Desk, flip: string, answer: Answer, { settings, watch }: Caller): void {
  if (answer.type === 'refused') tellRefusal(desk, flip, answer.error, { settings, watch })
  watch?.ended(endOfCall(answer, watch.isJoined))
}

function tellRefusal({ core, log, id }: Desk, flip: string, error: PhasegateError, { settings, watch }: Caller): void {
  core.events.emit('flip.refused', () => ({
    chart: core.chart.name,
    subject: id,
    flip,
    actor: settings?.actor,
    phase: log.phase,
    trace: watch?.trace ?? settings?.trace,
    error,
  }))
}
