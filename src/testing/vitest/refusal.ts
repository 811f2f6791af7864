import { isPlainObject, refuse } from '../../base/index.ts'
import type { Explanation, FlipOptions } from '../../gate/index.ts'
import type { Judged } from './judged.ts'

/** How the flip is asked for: its input, and the options of `flip`. */
export interface RefuseOptions extends FlipOptions {
  /** @default none */
  readonly input?: unknown
}

type Verdict = Explanation['verdict']

/** What is not a no, and what is. */
const VERDICTS: { readonly [V in Verdict]: 'goes' | 'no' } = {
  'would go': 'goes',
  'would replay': 'goes',
  'would join': 'goes',
  unauthorised: 'no',
  'bad input': 'no',
  'key mismatch': 'no',
  busy: 'no',
  illegal: 'no',
  refused: 'no',
}

const NOES = Object.keys(VERDICTS).filter((verdict) => VERDICTS[verdict as Verdict] === 'no')

/** What is asked of `toRefuse`. */
interface RefusalAsked {
  readonly flip: string
  readonly by: string | undefined
  readonly input: unknown
  /** Parsed by the gate, which knows them. */
  readonly options: FlipOptions
}

/** @throws OPTION_INVALID */
export function parseRefusal(flip: unknown, by: unknown, options: unknown): RefusalAsked {
  const { input, ...rest } = options === undefined ? {} : isPlainObject(options) ? options : notOptions(options)
  return {
    flip: typeof flip === 'string' ? flip : refuse('the flip', flip, 'the name of a flip'),
    by: by === undefined || typeof by === 'string' ? by : refuse('by', by, `a guard, a policy, or ${NOES.join(', ')}`),
    input,
    options: rest as FlipOptions,
  }
}

function notOptions(options: unknown): never {
  return refuse('toRefuse options', options, 'an object')
}

/** Whether the flip would be refused, and by whom. @throws OPTION_INVALID for a guard that the flip does not have */
export function judgeRefusal(who: string, by: string | undefined, told: Explanation): Judged {
  const asked = `refuse "${told.flip}"${by === undefined ? '' : ` by "${by}"`}`
  return { is: isRefused(by, told), who, asked, found: foundIn(told) }
}

function isRefused(by: string | undefined, { verdict, guards, passed }: Explanation): Judged['is'] {
  if (by === undefined) return VERDICTS[verdict] === 'no' ? 'so' : 'not so'
  if (NOES.includes(by)) return verdict === by ? 'so' : 'not so'
  // Where it never came to the guards, none has said anything.
  if (guards.length === 0 && verdict !== 'would go') return 'unclear'
  const guard = guards.find((one) => one.guard === by)
  if (guard === undefined) return refuse('by', by, `one of ${[...guards.map((one) => one.guard), ...NOES].join(', ')}`)
  const isPassed = passed.some(({ policy }) => policy === by)
  return guard.refusal !== undefined && !isPassed ? 'so' : 'not so'
}

function foundIn({ verdict, reason, phase, guards, passed, allowed }: Explanation): readonly string[] {
  const answers = guards.map(({ guard, refusal }) => {
    const isPassed = passed.some(({ policy }) => policy === guard)
    return refusal === undefined
      ? `"${guard}" says yes`
      : `"${guard}" ${isPassed ? 'is passed' : 'says no'}: ${refusal}`
  })
  return [
    `${verdict}: ${reason}`,
    ...answers,
    ...(verdict === 'illegal' ? [] : [`allowed from "${phase}": ${allowed.join(', ') || 'nothing'}`]),
  ]
}
