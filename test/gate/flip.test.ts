import { chart, createGate, deny, isPhasegateError, type JournalRecord, type Subject, terminal } from 'phasegate'
import { expect, test } from 'vitest'
import { z } from 'zod'

const light = chart('light', { version: 1 })
  .deps<{ log: string[]; healthy: () => boolean }>()
  .phase('off', { initial: true })
  .phase('on')
  .phase('broken', { final: true })
  .flip('switch-on', (f) =>
    f
      .from('off')
      .to('on')
      .input(z.object({ watts: z.number() }))
      .allowAnyone()
      .guard('healthy', ({ deps }) => deps.healthy() || deny('no power'))
      .step('wire', {
        run: ({ deps, input }) => {
          deps.log.push(`wire ${input.watts}`)
          return { ampere: input.watts / 230 }
        },
        compensate: ({ deps, output }) => {
          deps.log.push(`unwire ${output?.ampere}`)
        },
      })
      .step('glow', {
        run: async ({ deps, outputs }) => {
          deps.log.push(`glow ${outputs.wire.ampere}`)
          if (outputs.wire.ampere > 10) throw terminal(new Error('blown'))
        },
        compensate: ({ deps }) => {
          deps.log.push('dim')
        },
      }),
  )
  .flip('switch-off', (f) => f.from('on').to('off').allowAnyone())
  .flip('smash', (f) => f.from('on', 'off').to('broken').allow('vandal'))
  .build()

function setUp() {
  const log: string[] = []
  let healthy = true
  const gate = createGate(light, { deps: { log, healthy: () => healthy } })
  return { gate, log, lamp: gate.subject('lamp-1'), cutPower: () => (healthy = false) }
}

async function kinds(subject: Subject): Promise<string[]> {
  const found: JournalRecord[] = []
  for await (const record of subject.history()) found.push(record)
  return found.map((record) => record.kind)
}

test('a flip runs its steps in order, with their results, and changes the phase', async () => {
  const { lamp, log } = setUp()
  const result = await lamp.flip('switch-on', { watts: 460 })
  expect(result).toMatchObject({
    from: 'off',
    to: 'on',
    epoch: 1,
    attempt: 1,
    outputs: { wire: { ampere: 2 } },
    replayed: false,
  })
  expect(log).toEqual(['wire 460', 'glow 2'])
  expect(await lamp.phase()).toBe('on')
  expect(await kinds(lamp)).toEqual(['requested', 'stepped', 'stepped', 'committed'])
})

test('a failing step turns the flip back: what completed and what is in doubt is undone in reverse', async () => {
  const { lamp, log } = setUp()
  const { error } = await lamp.safeFlip('switch-on', { watts: 4_600 })
  expect(error?.code).toBe('FLIP_ROLLED_BACK')
  expect(error?.facts).toMatchObject({ failure: { code: 'STEP_FAILED', step: 'glow', terminal: true } })
  expect(log).toEqual(['wire 4600', 'glow 20', 'dim', 'unwire 20'])
  expect(await lamp.phase()).toBe('off')
  expect(await kinds(lamp)).toEqual(['requested', 'stepped', 'turned', 'undone', 'undone', 'rolledBack'])
})

test('an illegal flip names what is legal from here', async () => {
  const { lamp } = setUp()
  await expect(lamp.flip('switch-off')).rejects.toMatchObject({
    code: 'FLIP_ILLEGAL',
    facts: { from: 'off', allowed: ['switch-on', 'smash'] },
  })
})

test('a guard that does not answer true refuses with its reason, and the denial is recorded', async () => {
  const { lamp, cutPower } = setUp()
  cutPower()
  await expect(lamp.flip('switch-on', { watts: 1 })).rejects.toMatchObject({
    code: 'GUARD_REFUSED',
    facts: { guard: 'healthy', reason: 'no power' },
  })
  expect(await kinds(lamp)).toEqual(['denied'])
})

test('roles are asked for before anything else', async () => {
  const { lamp } = setUp()
  await expect(lamp.flip('smash')).rejects.toMatchObject({ code: 'UNAUTHORISED', facts: { needs: ['vandal'] } })
  await lamp.flip('smash', undefined, { actor: { id: 'kim', roles: ['vandal'] } })
  expect(await lamp.phase()).toBe('broken')
})

test('a repeated key replays the stored outcome, and another input under it is refused', async () => {
  const { lamp, log } = setUp()
  const first = await lamp.flip('switch-on', { watts: 460 }, { key: 'k' })
  const second = await lamp.flip('switch-on', { watts: 460 }, { key: 'k' })
  expect(second).toEqual({ ...first, replayed: true })
  expect(log).toHaveLength(2)
  const { error } = await lamp.safeFlip('switch-on', { watts: 1 }, { key: 'k' })
  expect(isPhasegateError(error, 'KEY_MISMATCH')).toBe(true)
})
