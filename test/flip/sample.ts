import { origin } from '../../src/flip/evolve.ts'
import { type Plan, unfold } from '../../src/flip/protocol.ts'
import type { Body, FlipState, Head, JournalRecord } from '../../src/ports/index.ts'

// A subject as the tests of the protocol need it: a flip from "from" to "to", of two steps.

export const CHART = { version: 1, fingerprint: 'chart' }
export const FAILURE = { code: 'STEP_FAILED', message: 'no power', step: 'b' } as const

export function step(name: string, how: Partial<Plan['steps'][number]> = {}): Plan['steps'][number] {
  return { name, once: false, atomic: false, irreversible: false, compensate: `undo of ${name}`, ...how }
}

export function plan(how: Partial<Plan> = {}): Plan {
  return { steps: [step('a'), step('b')], confirms: [], recover: 'resume', entering: [], ...how }
}

/** What is known of every flip of these tests. */
export function requested(how: Partial<Extract<Body, { kind: 'requested' }>> = {}): Body {
  return {
    kind: 'requested',
    flipId: 'f1',
    flip: 'go',
    from: 'from',
    to: 'to',
    chart: CHART,
    input: undefined,
    key: undefined,
    fingerprint: undefined,
    attempt: 1,
    actor: undefined,
    owner: 'A',
    deadline: 60_000,
    trace: undefined,
    breakGlass: undefined,
    ...how,
  }
}

export const stepped = (name: string, output?: unknown): Body => ({ kind: 'stepped', flipId: 'f1', step: name, output })
export const cancelled: Body = { kind: 'cancelRequested', flipId: 'f1', actor: undefined, reason: 'changed my mind' }

/** The head after these bodies and nothing else, all under one epoch. */
export function headAfter(...bodies: readonly Body[]): Head {
  return unfold(origin(CHART, 'from'), bodies, undefined, { at: 1_000, epoch: 1 }).head
}

/** The flip in progress after these bodies. */
export function flipAfter(...bodies: readonly Body[]): FlipState {
  const { flip } = headAfter(...bodies)
  if (flip === undefined) throw new TypeError('no flip is in progress after these')
  return flip
}

export function kinds(records: readonly (Body | JournalRecord)[]): readonly string[] {
  return records.map(({ kind }) => kind)
}
