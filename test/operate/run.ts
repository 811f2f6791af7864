import type { Meter, Tracer } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { chart, createGate, type Journal, memoryJournal, memoryLock } from 'phasegate'
import { auditTrail, callbackCheckpoints, callbackSink, newSigningKey, signer } from 'phasegate/audit'
import { observeTrail, openTelemetry } from 'phasegate/otel'
import { virtualClock } from '../../src/testing/time/index.ts'
import { mortal, over, signal } from '../gate/stage.ts'

/** What each part does, by name; what is not named succeeds. */
type Acts = Readonly<Record<string, () => unknown>>

const database = chart('database', { version: 1 })
  .deps<{ act(part: string): unknown }>()
  .operators('sre')
  .phase('old', { initial: true })
  .phase('new')
  .flip('cut over', (f) =>
    f
      .from('old')
      .to('new')
      .allow('sre')
      .guard('peers healthy', ({ deps }) => deps.act('peers healthy') === true)
      .step('switch', {
        run: ({ deps }) => deps.act('switch'),
        compensate: { run: ({ deps }) => deps.act('switch back'), retry: { attempts: 1 } },
      })
      .step('announce', {
        run: ({ deps }) => deps.act('announce'),
        compensate: () => undefined,
        retry: { attempts: 1 },
      }),
  )
  .flip('fall back', (f) => f.from('new').to('old').allowAnyone())
  .build()

/** A tracer that keeps every span, and throws them away. */
export function sampling(): Tracer {
  return new BasicTracerProvider().getTracer('phasegate')
}

const KIM = { actor: { id: 'kim', roles: ['sre'] } }
const ORDER = { ...KIM, reason: 'the run of a test' }
const fail = (): never => {
  throw new Error('dns does not answer')
}

/** Whatever is measured of gates and trails happens in each round: by several gates on one journal, in virtual time. */
export function measuredRun(meter: Meter, tracer: Tracer) {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const shared = { clock, lock: memoryLock({ clock }), random: () => 0.5 }
  const telemetry = openTelemetry({ meter, tracer, observeEvery: 0 })
  let subjects = 0

  const open = (acts: Acts = {}, own: Journal = journal) =>
    createGate(database, {
      ...shared,
      telemetry,
      journal: own,
      deps: { act: (part) => (acts[part] === undefined ? true : acts[part]()) },
    })
  const fresh = (gate: ReturnType<typeof open>) => gate.subject(`db-${++subjects}`)

  const gate = open()
  const trail = failingTrail(journal, clock, meter)

  async function succeedAndFail(): Promise<void> {
    const good = fresh(gate)
    await good.flip('cut over', undefined, KIM)
    await clock.advance(1_000)
    await good.flip('fall back')
    await fresh(open({ announce: fail })).safeFlip('cut over', undefined, KIM)
    const stuck = fresh(open({ announce: fail, 'switch back': fail }))
    await stuck.safeFlip('cut over', undefined, KIM)
    await stuck.resolve((await stuck.state()).flip?.id ?? '', 'skip', ORDER)
    await fresh(gate).force('new', ORDER)
  }

  async function beRefused(): Promise<void> {
    await fresh(open({ 'peers healthy': () => false })).safeFlip('cut over', undefined, KIM)
    await fresh(gate).safeFlip('cut over')
    const door = signal<unknown>()
    const busy = fresh(open({ announce: () => door.promise }))
    const first = busy.flip('cut over', undefined, KIM)
    await clock.advance(0)
    await busy.safeFlip('fall back')
    const waiting = busy.flip('fall back', undefined, { wait: '1m' })
    await clock.advance(1_000)
    door.resolve(null)
    await clock.advance(1_000)
    await Promise.all([first, waiting])
  }

  /** An owner that dies; and one that is paused, believes to hold its lease, and writes when another has finished. */
  async function loseOwners(): Promise<void> {
    const [never, door] = [new Promise(() => undefined), signal<unknown>()]
    const dying = mortal(journal)
    void fresh(open({ announce: () => never }, dying.journal)).safeFlip('cut over', undefined, KIM)
    const paused = fresh(open({ announce: () => door.promise }, over(journal, { renew: async () => true })))
    const late = paused.safeFlip('cut over', undefined, KIM)
    await clock.advance(0)
    dying.die()
    await clock.advance(30_000)
    await gate.recover()
    door.resolve(null)
    await late
  }

  return {
    async round(): Promise<void> {
      await succeedAndFail()
      await beRefused()
      await loseOwners()
      await trail.round()
    },
  }
}

/** A trail whose sink refuses the first write of each round. */
function failingTrail(journal: ReturnType<typeof memoryJournal>, clock: ReturnType<typeof virtualClock>, meter: Meter) {
  let isDown = true
  const siem = callbackSink(async () => {
    if (isDown) fail()
  })
  const checkpoints = {
    signer: signer(newSigningKey('run.test').key),
    sink: callbackCheckpoints(async () => undefined),
  }
  const trail = auditTrail(journal, { name: 'main', sinks: { siem }, checkpoints, clock, random: () => 0.5 })
  trail.on('failed', () => undefined)
  observeTrail(trail, { meter })
  trail.start()
  return {
    async round(): Promise<void> {
      isDown = true
      await clock.advance(2_000)
      isDown = false
      await clock.advance(60_000)
    },
  }
}
