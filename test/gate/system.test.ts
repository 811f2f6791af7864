import { type Authorize, chart, createGate, deny, type GateEvents, isPhasegateError, type Journal } from 'phasegate'
import { expect, test } from 'vitest'
import type { VirtualClock } from '../../src/testing/time/index.ts'
import { isPending, kinds, mortal, records, stage } from './stage.ts'

// The library acts by itself: it takes over what dead owners leave behind, and asks for the flips of timers.

const MINUTE = 60_000
const RECOVERY = { id: 'system:recovery', roles: ['system'] }
const TIMER = { id: 'system:timer', roles: ['system'] }

const ferry = chart('ferry', { version: 1 })
  .deps<{ sail(): unknown }>()
  .phase('moored', { initial: true })
  .phase('out', { after: { '15m': 'call back' } })
  .operators('harbour')
  .flip('sail', (f) =>
    f
      .from('moored')
      .to('out')
      .allow('captain')
      .step('cast off', { run: ({ deps }) => deps.sail() }),
  )
  .flip('call back', (f) => f.from('out').to('moored').allow('captain'))
  .build()

const captain = { id: 'ahab', roles: ['captain'] }

type Shared = { readonly clock: VirtualClock; readonly journal: Journal }

function open(on: Shared, authorize?: Authorize) {
  const gate = createGate(ferry, { ...on, authorize, random: () => 0.5, deps: { sail: () => 'sailed' } })
  return { ...on, gate, ferry: gate.subject('ferry-1') }
}

/** A ferry whose owner has died while it cast off, long enough ago. */
async function adrift() {
  const shared = stage()
  const dying = mortal(shared.journal)
  const never = new Promise<never>(() => undefined)
  const owner = createGate(ferry, { ...shared, journal: dying.journal, deps: { sail: () => never } })
  void owner.subject('ferry-1').safeFlip('sail', undefined, { actor: captain, key: 'k' })
  await shared.clock.advance(0)
  dying.die()
  await shared.clock.advance(15_000)
  return shared
}

test('recovery acts as a principal of its own, whatever roles the flip asks for, and is recorded as it', async () => {
  const { gate, ferry } = open(await adrift())
  expect((await gate.recover()).adopted).toMatchObject([{ flip: 'sail', outcome: 'committed' }])
  const [requested, adopted] = await records(ferry)
  expect(requested).toMatchObject({ kind: 'requested', actor: captain })
  expect(adopted).toMatchObject({ kind: 'adopted', actor: RECOVERY })
})

test('who takes over is told by the header alone, which stays when payloads are dropped', async () => {
  const shared = await adrift()
  await open(shared).gate.recover()
  const headers: string[] = []
  for await (const { header } of shared.journal.history({ chart: 'ferry', id: 'ferry-1' })) headers.push(header)
  expect(headers.map((header) => JSON.parse(header) as { actor?: string })).toMatchObject([
    { kind: 'requested', actor: 'ahab' },
    { kind: 'adopted', actor: 'system:recovery' },
    { kind: 'stepped' },
    { kind: 'committed' },
  ])
})

test('authorize is asked for every adoption; what it refuses is skipped, and left as it was', async () => {
  const asked: unknown[] = []
  const { gate, ferry } = open(await adrift(), ({ signal: _, ...ask }) => {
    asked.push(ask)
    return deny('not from this host')
  })
  const { adopted, skipped } = await gate.recover()
  expect(adopted).toEqual([])
  expect(skipped).toMatchObject([
    {
      subject: 'ferry-1',
      error: {
        code: 'UNAUTHORISED',
        message: 'to recover flip "sail" of "ferry-1" was not authorised for "system:recovery": not from this host',
        facts: { act: 'recover', flip: 'sail', actor: 'system:recovery', reason: 'not from this host' },
      },
    },
  ])
  const { flip } = await ferry.state()
  const about = { chart: 'ferry', subject: 'ferry-1', flip: 'sail', flipId: flip?.id, from: 'moored', to: 'out' }
  expect(asked).toEqual([{ act: 'recover', ...about, actor: RECOVERY, reason: undefined }])
  expect(await kinds(ferry)).toEqual(['requested', 'denied'])
})

test('a gate that polls and may not recover writes one record a minute, and recovers as soon as it may', async () => {
  let says = false
  const { gate, ferry, clock } = open(await adrift(), () => says)
  gate.on('error', () => undefined)
  gate.start()
  await clock.advance(8 * MINUTE)
  const denied = (await records(ferry)).filter(({ kind }) => kind === 'denied')
  expect(denied).toHaveLength(8)
  expect(denied[1]).toMatchObject({ act: 'recover', actor: RECOVERY, repeats: 10 })
  says = true
  await clock.advance(10_000)
  expect(await ferry.phase()).toBe('out')
  await gate.close()
})

test('who waits for a flip that this gate may not take over is told so, instead of waiting for ever', async () => {
  const { ferry, clock } = open(await adrift(), ({ act }) => act !== 'recover' || deny('not from this host'))
  const joining = ferry.safeFlip('sail', undefined, { actor: captain, key: 'k' })
  const waiting = ferry.safeFlip('call back', undefined, { actor: captain, wait: '1m' })
  await clock.advance(1_000)
  expect(await isPending(clock, Promise.all([joining, waiting]))).toBe(false)
  for (const { error } of [await joining, await waiting]) {
    expect(error).toMatchObject({ code: 'UNAUTHORISED', facts: { act: 'recover', actor: 'system:recovery' } })
  }
})

test('a timer acts as a principal of its own, and authorize is asked for it', async () => {
  const asked: (string | undefined)[] = []
  const shared = stage()
  const { gate, ferry, clock } = open(shared, ({ act, flip, actor }) => {
    asked.push(`${act} ${flip} ${actor?.id}`)
    return true
  })
  await ferry.flip('sail', undefined, { actor: captain })
  await clock.advance(15 * MINUTE)
  expect((await gate.recover()).fired).toEqual([{ subject: 'ferry-1', flip: 'call back', error: undefined }])
  expect(asked).toEqual(['flip sail ahab', 'flip call back system:timer'])
  const fired = (await records(ferry)).find((record) => record.kind === 'requested' && record.flip === 'call back')
  expect(fired).toMatchObject({ actor: TIMER })
})

test('a timer that authorize refuses says so, as an event too, and is counted like any other denial', async () => {
  const { gate, ferry, clock } = open(stage(), ({ actor }) => actor?.id === 'ahab')
  const refused: GateEvents['flip.refused'][] = []
  gate.on('flip.refused', (payload) => refused.push(payload))
  await ferry.flip('sail', undefined, { actor: captain })
  await clock.advance(15 * MINUTE)
  for (let n = 0; n < 5; n++) {
    expect((await gate.recover()).fired).toMatchObject([{ flip: 'call back', error: { code: 'UNAUTHORISED' } }])
  }
  expect(await ferry.phase()).toBe('out')
  expect(refused).toHaveLength(5)
  expect(refused[0]).toMatchObject({ flip: 'call back', actor: TIMER, error: { code: 'UNAUTHORISED' } })
  await clock.advance(MINUTE)
  expect((await records(ferry)).slice(3)).toMatchObject([
    { kind: 'denied', actor: TIMER, repeats: 0 },
    { kind: 'denied', actor: TIMER, repeats: 3 },
  ])
})

test.each(['system:recovery', 'system:timer', 'system:', 'system:anything'])(
  'nobody from outside can be "%s", for nothing',
  async (id) => {
    const { ferry } = open(stage())
    const order = { actor: { id, roles: ['system', 'harbour', 'captain'] }, reason: 'because' }
    const calls = [
      () => ferry.flip('sail', undefined, order as never),
      () => ferry.flip('sail', undefined, { actor: order.actor }),
      () => ferry.explain('sail', undefined, { actor: order.actor }),
      () => ferry.cancel('any', order),
      () => ferry.resolve('any', 'skip', order),
      () => ferry.force('out', order),
      () => ferry.redact(1, order),
      () => ferry.prune({ ...order, olderThan: 0 }),
      () => ferry.approve('sail', undefined, order),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((thrown: unknown) => thrown)
      expect(isPhasegateError(error, 'OPTION_INVALID')).toBe(true)
    }
    expect(await kinds(ferry)).toEqual([])
  },
)

test.each(['System:timer', ' system:timer', 'systemd', 'a system:timer', 'ѕystem:timer'])(
  'an actor of the name "%s" is anybody: a role it claims is a role it claims',
  async (id) => {
    const { ferry } = open(stage())
    const stranger = { id, roles: ['system'] }
    expect((await ferry.safeFlip('sail', undefined, { actor: stranger })).error?.code).toBe('UNAUTHORISED')
  },
)
