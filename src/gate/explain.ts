import { isPhasegateError, unreachable } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import {
  type Decision,
  decide,
  digestInput,
  type GuardAsked,
  type Key,
  makeKey,
  type Refusal,
  refusalBy,
} from '../flip/index.ts'
import type { Head } from '../ports/index.ts'
import { askedOf } from './asked.ts'
import { unauthorised } from './authorise.ts'
import type { Desk } from './desk.ts'
import { parseInput } from './input.ts'
import { noted } from './judge.ts'
import type { FlipSettings } from './options.ts'
import * as refusal from './refusal.ts'
import type { Explanation } from './types.ts'

type Verdict = Pick<Explanation, 'verdict' | 'reason'> & Partial<Pick<Explanation, 'to' | 'guards' | 'passed'>>

/** What a flip would do now, and why. Asks the guards, all of them; does and writes nothing. */
export async function explain(
  desk: Desk,
  spec: FlipSpec,
  input: unknown,
  settings: FlipSettings,
): Promise<Explanation> {
  const head = await desk.view()
  return {
    flip: spec.name,
    phase: head.phase,
    to: undefined,
    allowed: Object.keys(desk.core.chart.table[head.phase] ?? {}),
    guards: [],
    passed: [],
    steps: spec.steps.map((step) => step.name),
    confirms: spec.confirms.map((confirm) => confirm.name),
    ...(await verdictOn(desk, spec, head, { ...settings, input })),
  }
}

async function verdictOn(
  desk: Desk,
  spec: FlipSpec,
  head: Head,
  asked: FlipSettings & { readonly input: unknown },
): Promise<Verdict> {
  const { actor } = asked
  const refused = await unauthorised(desk, { act: 'flip', spec, actor })
  if (refused !== undefined) return { verdict: 'unauthorised', reason: refused.message }
  const unbroken = asked.breakGlass && (await unauthorised(desk, { act: 'breakGlass', spec, ...asked.breakGlass }))
  if (unbroken !== undefined) return { verdict: 'unauthorised', reason: unbroken.message }
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
  const { from, to } = decision
  const wanted = askedOf(desk, head, { spec, input, actor, from, to, watch: undefined })
  return guarded(desk, spec, wanted, asked.breakGlass !== undefined)
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

async function guarded(desk: Desk, spec: FlipSpec, asked: GuardAsked, breaksGlass: boolean): Promise<Verdict> {
  const guards: Explanation['guards'][number][] = []
  const noes: Refusal[] = []
  for (const guard of spec.guards) {
    const no = await refusalBy(desk.core.engine, desk.log, guard, asked)
    guards.push({ guard: guard.name, refusal: no?.reason })
    if (no !== undefined) noes.push(no)
  }
  const passed = breaksGlass ? noes.filter(({ by }) => by === 'policy') : []
  const no = noes.find((refused) => !passed.includes(refused))
  const { to } = asked
  const told = { to, guards, passed: noted(passed) }
  if (no === undefined) return { verdict: 'would go', reason: `from "${asked.from}" to "${to}"`, ...told }
  return { verdict: 'refused', reason: `${no.by} "${no.guard}": ${no.reason}`, ...told }
}
