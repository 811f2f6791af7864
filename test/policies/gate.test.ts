import { chart, createGate, type GuardContext } from 'phasegate'
import { approvals, calmAfterRollback, dependsOn, errorBudget, freeze, safeWindow } from 'phasegate/policies'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { records, stage } from '../gate/stage.ts'

const schema = chart('schema', { version: 1 })
  .phase('old', { initial: true })
  .phase('expanded', { final: true })
  .flip('expand', (f) => f.from('old').to('expanded'))
  .build()

interface Deps {
  readonly schema: { readonly id: string; phase(): Promise<'old' | 'expanded'> }
  readonly budget: number
  readonly move: () => unknown
}

const service = chart('service', { version: 1 })
  .deps<Deps>()
  .operators('chief')
  .phase('old', { initial: true })
  .phase('new', { final: true })
  .flip('cutover', (f) =>
    f
      .from('old')
      .to('new')
      .input(z.object({ share: z.number() }))
      .allow('sre')
      .guard('hours', safeWindow({ zone: 'UTC', from: '00:00', to: '12:00' }))
      .guard('freeze', freeze({ until: '2026-01-01T01:00:00Z', owner: 'payments', reason: 'sales' }))
      .guard('budget', errorBudget({ remaining: ({ deps }: GuardContext<Deps>) => deps.budget, atLeast: 0.25 }))
      .guard('calm', calmAfterRollback('30m'))
      .guard('four eyes', approvals(2, { roles: ['reviewer'] }))
      .guard(
        'schema first',
        dependsOn(({ deps }) => deps.schema, 'expanded'),
      )
      .step('move', { run: ({ deps }) => deps.move() }),
  )
  .build()

const kim = { id: 'kim', roles: ['sre', 'reviewer'] }
const reviewer = (id: string) => ({ actor: { id, roles: ['reviewer'] }, reason: 'read it', within: '4h' }) as const
const input = { share: 0.5 }
const HOUR = 3_600_000

/** A gate at the first moment of 2026, and one for what it depends on. */
function open() {
  const shared = stage()
  const began = shared.clock.now()
  const deps = { budget: 0.1, move: (): unknown => undefined }
  const schemas = createGate(schema, shared).subject('orders')
  const gate = createGate(service, {
    ...shared,
    deps: {
      schema: schemas,
      get budget() {
        return deps.budget
      },
      move: () => deps.move(),
    },
  })
  const subject = gate.subject('shop')
  const refusal = async (share = input.share) => {
    const { error } = await subject.safeFlip('cutover', { share }, { actor: kim })
    return error?.code === 'GUARD_REFUSED' ? (error.facts as { readonly guard: string }).guard : error?.code
  }
  return {
    ...shared,
    deps,
    schemas,
    subject,
    refusal,
    moveTo: (ms: number) => shared.clock.advance(began + ms - shared.clock.now()),
  }
}

test('each policy lets a flip go when its time has come', async () => {
  const { deps, schemas, subject, refusal, moveTo } = open()
  await moveTo(13 * HOUR)
  expect(await refusal()).toBe('hours')
  await moveTo(24 * HOUR)
  expect(await refusal()).toBe('budget')
  deps.budget = 0.25
  expect(await refusal()).toBe('four eyes')
  await subject.approve('cutover', input, reviewer('lee'))
  await subject.approve('cutover', input, { ...reviewer('lee'), reason: 'and again' })
  await subject.approve('cutover', input, { actor: kim, reason: 'my own' })
  expect(await refusal()).toBe('four eyes')
  await subject.approve('cutover', input, reviewer('max'))
  expect(await refusal(0.6)).toBe('four eyes')
  expect(await refusal()).toBe('schema first')
  await schemas.flip('expand')
  expect(await refusal()).toBeUndefined()
  expect(await subject.phase()).toBe('new')
})

test('a freeze is named first, and explain tells of all', async () => {
  const { subject } = open()
  const explained = await subject.explain('cutover', input, { actor: kim })
  expect(explained.reason).toBe('policy "freeze": frozen until 2026-01-01T01:00:00Z by payments: sales')
  expect(explained.guards).toEqual([
    { guard: 'hours', refusal: undefined },
    { guard: 'freeze', refusal: 'frozen until 2026-01-01T01:00:00Z by payments: sales' },
    { guard: 'budget', refusal: '10% of the error budget is left; at least 25% is needed' },
    { guard: 'calm', refusal: undefined },
    { guard: 'four eyes', refusal: '0 of 2 approvals by reviewer' },
    { guard: 'schema first', refusal: '"orders" is in "old"; it has to be in expanded' },
  ])
})

test('after a rollback it is calm, the approvals are used up, and both begin again', async () => {
  const { deps, clock, schemas, subject, refusal, moveTo } = open()
  await schemas.flip('expand')
  await moveTo(2 * HOUR)
  Object.assign(deps, { budget: 1, move: () => Promise.reject(new Error('no such table')) })
  for (const id of ['lee', 'max']) await subject.approve('cutover', input, reviewer(id))
  expect(await refusal()).toBe('FLIP_ROLLED_BACK')
  expect(await refusal()).toBe('calm')
  await clock.advance(30 * 60_000)
  expect(await refusal()).toBe('four eyes')
  for (const id of ['lee', 'max']) await subject.approve('cutover', input, reviewer(id))
  deps.move = () => undefined
  expect(await refusal()).toBeUndefined()
})

test('in an emergency the glass is broken, and it is recorded what was passed', async () => {
  const { subject } = open()
  const breakGlass = { actor: { id: 'lee', roles: ['chief'] }, reason: 'the old one burns' }
  await subject.flip('cutover', input, { actor: kim, breakGlass })
  const [requested] = await records(subject)
  expect(requested).toMatchObject({
    kind: 'requested',
    breakGlass: {
      ...breakGlass,
      passed: [
        { policy: 'freeze', reason: 'frozen until 2026-01-01T01:00:00Z by payments: sales' },
        { policy: 'budget', reason: '10% of the error budget is left; at least 25% is needed' },
        { policy: 'four eyes', reason: '0 of 2 approvals by reviewer' },
        { policy: 'schema first', reason: '"orders" is in "old"; it has to be in expanded' },
      ],
    },
  })
})
