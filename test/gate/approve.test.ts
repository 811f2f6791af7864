import { createHash, randomBytes } from 'node:crypto'
import { chart, createGate, type GuardContext, policy } from 'phasegate'
import { secretKeys } from 'phasegate/audit'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { kinds, records, signal, stage } from './stage.ts'

const lock = chart('sluice', { version: 1 })
  .deps<{ asked: (context: GuardContext<unknown, unknown>) => boolean; open?: () => unknown }>()
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) =>
    f
      .from('shut')
      .to('open')
      .input(z.object({ metres: z.number().default(1) }))
      .guard('asked', (context) => context.deps.asked(context))
      .step('open', { run: ({ deps }) => deps.open?.() }),
  )
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

function open(answer = true, step?: () => unknown) {
  const shared = stage()
  const asked: GuardContext[] = []
  const deps = { asked: (context: GuardContext) => asked.push(context) > 0 && answer, ...(step && { open: step }) }
  const gate = createGate(lock, { ...shared, deps })
  return { ...shared, gate, asked, sluice: gate.subject('s1') }
}

const kim = { id: 'kim', roles: ['sre'] }
const order = { actor: kim, reason: 'the level is right' }

test('who approved what, why and until when is recorded and told', async () => {
  const { gate, clock, sluice } = open()
  const told: unknown[] = []
  gate.on('flip.approved', ({ subject, flip, actor }) => told.push([subject, flip, actor.id]))
  await sluice.approve('open', { metres: 2 }, { ...order, within: '10m' })
  const [record] = await records(sluice)
  expect(record).toMatchObject({ kind: 'approved', flip: 'open', ...order, until: clock.now() + 600_000 })
  expect(told).toEqual([['s1', 'open', 'kim']])
  expect(await sluice.phase()).toBe('shut')
})

test('an approval holds for an hour when it does not say how long', async () => {
  const { clock, sluice } = open()
  await sluice.approve('open', {}, order)
  expect(await records(sluice)).toMatchObject([{ until: clock.now() + 3_600_000 }])
})

test('guards see the approvals of their flip with the input as its schema makes it, until they run out', async () => {
  const { clock, asked, sluice } = open()
  await sluice.approve('open', {}, order)
  await sluice.approve('open', { metres: 9 }, { ...order, actor: { id: 'lee' } })
  await sluice.explain('open', { metres: 1 })
  expect(asked.at(-1)?.approvals).toMatchObject([{ flip: 'open', actor: kim, at: clock.now() }])
  await clock.advance(3_599_999)
  await sluice.explain('open', {})
  expect(asked.at(-1)?.approvals).toHaveLength(1)
  await clock.advance(1)
  await sluice.explain('open', {})
  expect(asked.at(-1)).toMatchObject({ approvals: [], at: clock.now() })
})

test('an approval is used up by the flip that asks for it, also when that is rolled back, and not by one refused', async () => {
  const refused = open(false)
  await refused.sluice.approve('open', {}, order)
  expect((await refused.sluice.safeFlip('open', {})).error?.code).toBe('GUARD_REFUSED')
  await refused.sluice.explain('open', {})
  expect(refused.asked.at(-1)?.approvals).toHaveLength(1)

  const { asked, sluice } = open(true, () => Promise.reject(new Error('jammed')))
  await sluice.approve('open', {}, order)
  expect((await sluice.safeFlip('open', {})).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(asked.at(-1)?.approvals).toHaveLength(1)
  await sluice.safeFlip('open', {})
  expect(asked.at(-1)?.approvals).toEqual([])
})

test('guards see when which flip was rolled back', async () => {
  const { clock, asked, sluice } = open(true, () => Promise.reject(new Error('jammed')))
  await sluice.safeFlip('open', {})
  expect(asked.at(-1)?.rolledBack).toEqual([])
  const at = clock.now()
  await clock.advance(60_000)
  await sluice.safeFlip('open', {})
  expect(asked.at(-1)?.rolledBack).toEqual([{ flip: 'open', at }])
})

test('what is sensitive is approved by a digest of it', async () => {
  const vault = chart('vault', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open', { final: true })
    .flip('open', (f) =>
      f
        .from('shut')
        .to('open')
        .input(z.object({ pin: z.string().meta({ sensitive: true }) }))
        .guard('approved', ({ approvals }) => approvals.length > 0),
    )
    .build()
  const shared = stage()
  const gate = createGate(vault, { ...shared, secrets: secretKeys({ current: 'k', keys: { k: randomBytes(32) } }) })
  const subject = gate.subject('v')
  await subject.approve('open', { pin: '8731' }, order)
  const plain = createHash('sha256').update('{"flip":"open","input":{"pin":"8731"}}').digest('hex')
  expect(JSON.stringify(await records(subject))).not.toMatch(new RegExp(`8731|${plain}`))
  expect((await subject.safeFlip('open', { pin: '8732' })).error?.code).toBe('GUARD_REFUSED')
  expect((await subject.safeFlip('open', { pin: '8731' })).success).toBe(true)
})

test('another gate on the same journal sees what was approved', async () => {
  const { sluice, journal, clock } = open()
  await sluice.approve('open', {}, order)
  const asked: GuardContext[] = []
  const other = createGate(lock, { journal, clock, deps: { asked: (context) => asked.push(context) > 0 } })
  await other.subject('s1').flip('open', {})
  expect(asked[0]?.approvals).toMatchObject([{ actor: { id: 'kim' } }])
})

test('a flip in progress is not in the way, and does not notice', async () => {
  const done = signal()
  const { clock, asked, sluice } = open(true, () => done.promise)
  const opening = sluice.flip('open', {})
  await clock.advance(0)
  await sluice.approve('open', {}, order)
  done.resolve()
  await opening
  await sluice.flip('shut')
  expect(await kinds(sluice)).toEqual(['requested', 'approved', 'stepped', 'committed', 'requested', 'committed'])
  await sluice.explain('open', {})
  expect(asked.at(-1)?.approvals).toHaveLength(1)
})

test('an approval of what is not declared, of bad input, by nobody or for no reason is refused by name', async () => {
  const { sluice } = open()
  await expect(sluice.approve('flood' as 'open', {}, order)).rejects.toMatchObject({ code: 'FLIP_UNKNOWN' })
  await expect(sluice.approve('open', { metres: 'one' } as never, order)).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  })
  await expect(sluice.approve('shut', {} as never, order)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  for (const [option, wrong] of [
    ['actor', { reason: 'x' }],
    ['actor.id', { reason: 'x', actor: { id: '' } }],
    ['reason', { actor: kim }],
    ['within', { ...order, within: 0 }],
    ['approval.for', { ...order, for: '1h' }],
  ] as const) {
    await expect(sluice.approve('open', {}, wrong as never)).rejects.toMatchObject({ facts: { option } })
  }
  expect(await records(sluice)).toEqual([])
})

test('a subject keeps 64 approvals and refuses more by name, until some run out', async () => {
  const { clock, sluice } = open()
  for (let n = 0; n < 64; n++) await sluice.approve('open', {}, { ...order, actor: { id: `a${n}` } })
  await expect(sluice.approve('open', {}, order)).rejects.toMatchObject({
    code: 'APPROVALS_FULL',
    facts: { subject: 's1', flip: 'open', most: 64 },
  })
  await sluice.approve('open', {}, { ...order, actor: { id: 'a0' } })
  await clock.advance(3_600_000)
  await sluice.approve('open', {}, order)
  expect((await records(sluice)).length).toBe(66)
})

test('who may flip, operators, and the approvers that a policy of the flip names may approve; nobody else', async () => {
  const yes = (): boolean => true
  const vault = chart('vault', { version: 1 })
    .operators('sre')
    .phase('shut', { initial: true })
    .phase('open', { final: true })
    .flip('open', (f) =>
      f
        .from('shut')
        .to('open')
        .allow('clerk')
        .guard('two', policy(yes, { approvers: ['chief', 'head of: vaults'] })),
    )
    .build()
  const subject = createGate(vault, stage()).subject('v')
  const approve = (...roles: string[]) =>
    subject.approve('open', undefined, { actor: { id: roles.join(), roles }, reason: 'r' })
  for (const role of ['clerk', 'sre', 'chief', 'head of: vaults']) await approve(role)
  await expect(approve('guest')).rejects.toMatchObject({ code: 'UNAUTHORISED', facts: { act: 'approve' } })
  await expect(approve('Chief')).rejects.toMatchObject({ code: 'UNAUTHORISED' })
  expect(await kinds(subject)).toEqual(['approved', 'approved', 'approved', 'approved', 'denied', 'denied'])
})

test('a closed gate takes no approval', async () => {
  const { gate, sluice } = open()
  await gate.close()
  await expect(sluice.approve('open', {}, order)).rejects.toMatchObject({ code: 'GATE_CLOSED' })
})
