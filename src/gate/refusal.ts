import { type Act, describe, PhasegateError, textOf } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import type { Refusal } from '../flip/index.ts'
import type { Actor, FlipState } from '../ports/index.ts'

// Why a flip is refused before its intent, as errors: what was asked, what was found, what would have been allowed.

export function illegal(
  subject: string,
  flip: string,
  from: string,
  allowed: readonly string[],
): PhasegateError<'FLIP_ILLEGAL'> {
  const legal = allowed.length === 0 ? 'nothing, it is final' : allowed.join(', ')
  const message = `cannot flip "${flip}" of "${subject}" from "${from}"; allowed: ${legal}`
  return new PhasegateError('FLIP_ILLEGAL', message, { flip, from, allowed })
}

export function busy(subject: string, flip: string, running: FlipState): PhasegateError<'FLIP_BUSY'> {
  const stuck = running.course.type === 'stuck'
  const state = stuck ? 'is stuck and has to be resolved' : 'is in progress'
  const message = `cannot flip "${flip}" of "${subject}" now: flip "${running.flip}" (${running.id}) ${state}`
  return new PhasegateError('FLIP_BUSY', message, { subject, flip, running: running.flip, flipId: running.id, stuck })
}

export function keyMismatch(
  subject: string,
  flip: string,
  key: string,
  earlier: string,
): PhasegateError<'KEY_MISMATCH'> {
  const what = earlier === flip ? 'the same flip with another input' : `flip "${earlier}"`
  const message = `the key "${key}" was used before on "${subject}", for ${what}; one key is for one request`
  return new PhasegateError('KEY_MISMATCH', message, { subject, key, earlier, flip })
}

export function elsewhere(subject: string, asked: string, phase: string): PhasegateError<'NOT_IN_PHASE'> {
  const message = `"${subject}" is not in "${asked}" but in "${phase}"`
  return new PhasegateError('NOT_IN_PHASE', message, { subject, asked, phase })
}

export function guardRefused(
  subject: string,
  flip: string,
  { guard, by, reason }: Refusal,
): PhasegateError<'GUARD_REFUSED'> {
  const message = `${by} "${guard}" refused flip "${flip}" of "${subject}": ${reason}`
  return new PhasegateError('GUARD_REFUSED', message, { subject, flip, guard, by, reason })
}

/** Who asks for what, of which flip. */
interface Sought {
  readonly act: Act
  readonly spec?: Pick<FlipSpec, 'name'> | undefined
  readonly actor: Actor | undefined
}

const TO: { readonly [Not in Exclude<Act, 'flip'>]: string } = {
  cancel: 'to cancel',
  resolve: 'to resolve',
  force: 'to force',
  redact: 'to redact records of',
  prune: 'to prune',
  approve: 'to approve',
  breakGlass: 'to break the glass for',
  recover: 'to recover',
}

/** Refused by roles. `needs`: those of which one would have done. */
export function reserved(subject: string, sought: Sought, needs: readonly string[]): PhasegateError<'UNAUTHORISED'> {
  const { act, spec, actor } = sought
  const declare = act === 'flip' ? '.allow(…) or .allowAnyone()' : '.operators(…)'
  const reason =
    needs.length === 0
      ? `is for nobody: the chart declares roles, but none for this; declare ${declare}`
      : `is for ${needs.map(roleText).join(', ')}`
  const message = `${soughtText(subject, sought)} ${reason}; asked for by ${who(actor)}`
  return new PhasegateError('UNAUTHORISED', message, {
    subject,
    act,
    flip: spec?.name,
    actor: actor?.id,
    needs,
    reason,
  })
}

/** Refused by the gate's `authorize`. */
export function unauthorised(subject: string, sought: Sought, reason: string): PhasegateError<'UNAUTHORISED'> {
  const { act, spec, actor } = sought
  const message = `${soughtText(subject, sought)} was not authorised for ${who(actor)}: ${reason}`
  const facts = { subject, act, flip: spec?.name, actor: actor?.id, needs: [], reason }
  return new PhasegateError('UNAUTHORISED', message, facts)
}

function soughtText(subject: string, { act, spec }: Sought): string {
  const what = spec === undefined ? `"${subject}"` : `flip "${spec.name}" of "${subject}"`
  return act === 'flip' ? what : `${TO[act]} ${what}`
}

function who(actor: Actor | undefined): string {
  return actor === undefined ? 'nobody' : JSON.stringify(actor.id)
}

/** Quoted where it could be taken for something else. */
function roleText(role: string): string {
  return /^[\w.:-]+$/.test(role) ? role : JSON.stringify(role)
}

export function reentrant(subject: string, flip: string, inside: string): PhasegateError<'FLIP_REENTRANT'> {
  const message = `flip "${flip}" of "${subject}" was asked for inside ${inside} of the same subject, which would wait for itself`
  return new PhasegateError('FLIP_REENTRANT', message, { subject, flip, inside })
}

export function unknownFlip(chart: string, flip: string, known: readonly string[]): PhasegateError<'FLIP_UNKNOWN'> {
  const message = `chart "${chart}" declares no flip ${describe(flip)}; it has: ${known.join(', ')}`
  return new PhasegateError('FLIP_UNKNOWN', message, { flip: textOf(flip), known })
}
