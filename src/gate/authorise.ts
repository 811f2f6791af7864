import type { Act, PhasegateError } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { Abort, attempt, placeInside, refusalIn } from '../flip/index.ts'
import type { Actor } from '../ports/index.ts'
import { type Access, type Authorization, approversOf, decideAccess } from './access.ts'
import type { Desk } from './desk.ts'
import * as refusal from './refusal.ts'

/** Who wants to do what. */
export interface Ask {
  readonly act: Act
  readonly actor: Actor | undefined
  /** Why, in their words. */
  readonly reason?: string | undefined
  /** The flip that it is about. */
  readonly spec?: FlipSpec | undefined
  readonly flipId?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

const PLACE = 'authorize'

/**
 * Sees that somebody may do what they ask for; nothing is to be awaited where it is open. A no is recorded before it is
 * told. @throws UNAUTHORISED
 */
export function authorise(desk: Desk, ask: Ask): Promise<void> | undefined {
  const { reserves, authorize } = desk.core.access
  if (!reserves && authorize === undefined) return undefined
  const access = accessTo(desk, ask)
  return access.type === 'open' ? undefined : seeTo(desk, ask, access)
}

/** Why somebody may not do what they would ask for; undefined when they may. Nothing is recorded. */
export async function unauthorised(desk: Desk, ask: Ask): Promise<PhasegateError<'UNAUTHORISED'> | undefined> {
  return refusalOf(desk, ask, accessTo(desk, ask))
}

async function seeTo(desk: Desk, ask: Ask, access: Access): Promise<void> {
  const error = await refusalOf(desk, ask, access)
  if (error === undefined) return
  const { events, chart, denials } = desk.core
  const { act, spec, actor } = ask
  events.emit('unauthorised', () => ({ chart: chart.name, subject: desk.id, act, flip: spec?.name, actor, error }))
  const about = { act, flip: spec?.name, actor, by: 'authorisation', guard: undefined, reason: error.message } as const
  await denials.note(desk, about)
  throw error
}

function accessTo({ core: { chart, access } }: Desk, { act, spec, actor }: Ask): Access {
  const { operators } = chart
  const { reserves, authorize } = access
  const approvers = spec === undefined ? [] : approversOf(spec)
  return decideAccess(act, { flip: spec, approvers, operators, reserves, authorize: authorize !== undefined }, actor)
}

async function refusalOf(desk: Desk, ask: Ask, access: Access): Promise<PhasegateError<'UNAUTHORISED'> | undefined> {
  if (access.type === 'open') return undefined
  if (access.type === 'denied') return refusal.reserved(desk.id, ask, access.needs)
  const reason = await askAuthorize(desk, ask)
  return reason === undefined ? undefined : refusal.unauthorised(desk.id, ask, reason)
}

/** Why `authorize` has not said yes. It is asked as guards are: bounded, and never about what it asks for itself. */
async function askAuthorize({ core, log, id }: Desk, ask: Ask): Promise<string | undefined> {
  const { authorize, timeoutMs } = core.access
  if (authorize === undefined) return undefined
  if (placeInside(log) === PLACE) throw refusal.reentrant(id, ask.spec?.name ?? ask.act, PLACE)
  const abort = new Abort()
  const work = (): unknown => authorize(authorizationOf(core.chart.name, id, ask, abort))
  const call = { subject: log, flipId: ask.flipId, place: PLACE, work, abort, timeoutMs }
  return refusalIn(await attempt(core.engine, call), { timeoutMs })
}

function authorizationOf(chart: string, subject: string, ask: Ask, abort: Abort): Authorization {
  const { act, spec, flipId, actor, reason } = ask
  const [only, ...others] = spec?.from ?? []
  return {
    act,
    chart,
    subject,
    flip: spec?.name,
    flipId,
    from: ask.from ?? (others.length === 0 ? only : undefined),
    to: ask.to ?? spec?.to,
    actor,
    reason,
    get signal() {
      return abort.signal
    },
  }
}
