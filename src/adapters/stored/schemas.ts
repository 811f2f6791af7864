import { z } from 'zod'
import type { FailureCode } from '../../base/index.ts'
import type { Head, SealedRecord, Settled } from '../../ports/index.ts'

// Objects are loose: what a newer version of the library wrote is carried along, not lost. Members that may be
// `undefined` are absent from stored text.

const FAILURES = [
  'STEP_FAILED',
  'STEP_TIMEOUT',
  'CONFIRM_TIMEOUT',
  'FLIP_TIMEOUT',
  'UNDO_FAILED',
  'UNDO_TIMEOUT',
  'CANCELLED',
  'IN_DOUBT',
  'OWNER_DIED',
  'RESOURCE_LOST',
  'FORCED',
] as const satisfies readonly FailureCode[]

const failure = z.looseObject({
  code: z.enum(FAILURES),
  message: z.string(),
  step: z.string().optional(),
  terminal: z.boolean().optional(),
})

const actor = z.looseObject({ id: z.string(), roles: z.array(z.string()).optional() })

const moving = [
  z.looseObject({ type: z.literal('forward') }),
  z.looseObject({ type: z.literal('back'), failure, undo: z.array(z.string()) }),
] as const

const course = z.discriminatedUnion('type', [
  ...moving,
  z.looseObject({
    type: z.literal('stuck'),
    doing: z.enum(['run', 'confirm', 'undo']),
    step: z.string(),
    failure,
    then: z.discriminatedUnion('type', moving),
  }),
])

const flip = z.looseObject({
  id: z.string(),
  flip: z.string(),
  from: z.string(),
  to: z.string(),
  input: z.unknown().optional(),
  key: z.string().optional(),
  fingerprint: z.string().optional(),
  attempt: z.number(),
  actor: actor.optional(),
  owner: z.string(),
  requestedAt: z.number(),
  deadline: z.number(),
  trace: z.string().optional(),
  done: z.array(z.looseObject({ step: z.string(), output: z.unknown().optional() })),
  doubt: z.string().optional(),
  confirmed: z.boolean(),
  cancel: z.looseObject({ actor: actor.optional(), reason: z.string() }).optional(),
  course,
})

const head = z.looseObject({
  version: z.int().min(1),
  epoch: z.int().min(0),
  chart: z.looseObject({ version: z.number(), fingerprint: z.string() }),
  phase: z.string(),
  since: z.number(),
  timers: z.array(z.looseObject({ flip: z.string(), at: z.number() })),
  flip: flip.optional(),
  rolledBack: z.array(z.looseObject({ flip: z.string(), at: z.number() })).optional(),
  approvals: z
    .array(z.looseObject({ flip: z.string(), fingerprint: z.string(), actor, at: z.number(), until: z.number() }))
    .optional(),
})

const settled = z.looseObject({
  key: z.string(),
  fingerprint: z.string(),
  flipId: z.string(),
  flip: z.string(),
  attempt: z.number(),
  from: z.string(),
  to: z.string(),
  epoch: z.int(),
  at: z.number(),
  outcome: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('committed'), outputs: z.record(z.string(), z.unknown()) }),
    z.looseObject({ type: z.literal('rolledBack'), failure }),
    z.looseObject({ type: z.literal('overridden'), phase: z.string() }),
  ]),
})

const sealed = z.object({ header: z.string(), payload: z.string(), hash: z.string() })

/** A head read back; throws when it is none. */
export const headSchema: z.ZodType<Head> = head as unknown as z.ZodType<Head>
/** An outcome read back. */
export const settledSchema: z.ZodType<Settled> = settled as unknown as z.ZodType<Settled>
/** A sealed record read back. */
export const sealedSchema: z.ZodType<SealedRecord> = sealed
