import { known, limit, PhasegateError } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { hasRoomFor, MOST_APPROVALS } from '../flip/index.ts'
import { fingerprintIn } from './asked.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import { parseInput } from './input.ts'
import { parseActor, parseReason } from './options.ts'

/** Records somebody's leave for one request of the flip with this input. @throws UNAUTHORISED, INPUT_INVALID, APPROVALS_FULL */
export async function approve(desk: Desk, spec: FlipSpec, input: unknown, order: unknown): Promise<void> {
  const given = known(order, 'approval', ['actor', 'reason', 'within'])
  const actor = parseActor(given.actor)
  const reason = parseReason(given.reason)
  const withinMs = limit(given.within, 'within', '1h')
  await authorise(desk, { act: 'approve', spec, actor, reason })
  const fingerprint = fingerprintIn(desk, spec, await parseInput(spec, input))
  const { clock } = desk.core.engine
  const until = clock.now() + withinMs
  await desk.record((head) => {
    if (!hasRoomFor(head.approvals, { flip: spec.name, fingerprint, actor, at: clock.now() })) throw full(desk, spec)
    return [{ kind: 'approved', flip: spec.name, fingerprint, actor, reason, until }]
  })
}

function full({ id }: Desk, { name }: FlipSpec): PhasegateError<'APPROVALS_FULL'> {
  const most = MOST_APPROVALS
  const message = `${most} approvals wait on "${id}" already; one more for flip "${name}" is not kept`
  return new PhasegateError('APPROVALS_FULL', message, { subject: id, flip: name, most })
}
