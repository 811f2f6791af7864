import { isPhasegateError, unreachable } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import {
  type Asked,
  askGuard,
  type Decision,
  decide,
  digestInput,
  type GuardAnswered,
  type Key,
  makeKey,
} from '../flip/index.ts'
import type { Actor, Head } from '../ports/index.ts'
import { unauthorised } from './authorise.ts'
import type { Desk } from './desk.ts'
import { parseInput } from './input.ts'
import * as refusal from './refusal.ts'
import type { Explanation } from './types.ts'

type Verdict = Pick<Explanation, 'verdict' | 'reason'> & Partial<Pick<Explanation, 'to' | 'guards'>>

/** What a flip would do now, and why. Asks the guards, all of them; does and writes nothing. */
export async function explain(
  desk: Desk,
  spec: FlipSpec,
  input: unknown,
  { key, actor }: { readonly key: string | undefined; readonly actor: Actor | undefined },
): Promise<Explanation> {
  const head = await desk.view()
  return {
    flip: spec.name,
    phase: head.phase,
    to: undefined,
    allowed: Object.keys(desk.core.chart.table[head.phase] ?? {}),
    guards: [],
    steps: spec.steps.map((step) => step.name),
    confirms: spec.confirms.map((confirm) => confirm.name),
    ...(await verdictOn(desk, spec, head, { input, key, actor })),
  }
}

async function verdictOn(
  desk: Desk,
  spec: FlipSpec,
  head: Head,
  asked: { readonly input: unknown; readonly key: string | undefined; readonly actor: Actor | undefined },
): Promise<Verdict> {
  const { actor } = asked
  const refused = await unauthorised(desk, { act: 'flip', spec, actor })
  if (refused !== undefined) return { verdict: 'unauthorised', reason: refused.message }
  let input: unknown
  try {
    input = await parseInput(spec, asked.input)
  } catch (error) {
    if (!isPhasegateError(error)) throw error
    return { verdict: 'bad input', reason: error.message }
  }
  const key =
    asked.key === undefined
      ? undefined
      : makeKey(asked.key, spec.name, digestInput(spec, desk.core.engine.secrets, input))
  const decision = await decideNow(desk, spec, head, key)
  if (decision.type !== 'go') return tell(desk, spec, key, decision)
  return guarded(desk, spec, {
    deps: desk.core.engine.deps,
    input,
    subject: desk.id,
    flip: spec.name,
    ...decision,
    actor,
  })
}

async function decideNow(desk: Desk, spec: FlipSpec, head: Head, key: Key | undefined): Promise<Decision> {
  const { chart } = desk.core
  const settled = key === undefined ? undefined : await desk.log.settled(key.text)
  return decide(head, settled, { flip: spec.name, key, believed: undefined, timerAt: undefined }, chart.table)
}

function tell(desk: Desk, spec: FlipSpec, key: Key | undefined, decision: Exclude<Decision, { type: 'go' }>): Verdict {
  switch (decision.type) {
    case 'replay':
      return {
        verdict: 'would replay',
        reason: `the key was used: the outcome of ${decision.settled.flipId} is repeated`,
      }
    case 'join':
      return {
        verdict: 'would join',
        reason: `the key is in progress: the outcome of ${decision.running.id} is awaited`,
      }
    case 'mismatch':
      return {
        verdict: 'key mismatch',
        reason: refusal.keyMismatch(desk.id, spec.name, key?.text ?? '', decision.earlier).message,
      }
    case 'busy':
      return { verdict: 'busy', reason: refusal.busy(desk.id, spec.name, decision.running).message }
    case 'illegal':
      return {
        verdict: 'illegal',
        reason: refusal.illegal(desk.id, spec.name, decision.from, decision.allowed).message,
      }
    case 'elsewhere':
    case 'early':
      throw new TypeError(`explain asked for neither a phase nor a timer, and was answered "${decision.type}"`)
    default:
      return unreachable(decision)
  }
}

async function guarded(desk: Desk, spec: FlipSpec, asked: Asked): Promise<Verdict> {
  const guards: GuardAnswered[] = []
  for (const guard of spec.guards) guards.push(await askGuard(desk.core.engine, desk.log, guard, asked))
  const no = guards.find((answer) => answer.refusal !== undefined)
  const { to } = asked
  if (no?.refusal === undefined) return { verdict: 'would go', reason: `from "${asked.from}" to "${to}"`, to, guards }
  return { verdict: 'refused', reason: `guard "${no.guard}": ${no.refusal}`, to, guards }
}
