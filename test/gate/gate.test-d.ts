import {
  type Act,
  chart,
  createGate,
  deny,
  type FlipResult,
  type Gate,
  type Journal,
  type PhasegateError,
  type TransactionalJournal,
  type TypedChart,
} from 'phasegate'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

interface Deps {
  readonly lb: { cordon(): Promise<{ server: string }> }
}

const db = chart('db', { version: 1 })
  .deps<Deps>()
  .phase('serving', { initial: true })
  .phase('draining')
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .input(z.object({ reason: z.string(), force: z.boolean().default(false) }))
      .step('cordon', { run: ({ deps }) => deps.lb.cordon() })
      .step('count', { run: ({ outputs }) => outputs.cordon.server.length }),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .flip('stop', (f) => f.from('serving', 'draining').to('stopped'))
  .build()

const plain = chart('plain', { version: 1 })
  .phase('a', { initial: true })
  .phase('b', { final: true })
  .flip('go', (f) => f.from('a').to('b'))
  .build()

const deps: Deps = { lb: { cordon: async () => ({ server: 'x' }) } }
// Types only: nothing of this file is run.
const gate = createGate(db, { deps })
const subject = gate.subject('db-7')
const input = { reason: 'patch' }
const order = { actor: { id: 'kim' }, reason: 'x' }

test('a gate takes the dependencies that its chart declares, and none other', () => {
  createGate(plain)
  createGate(plain, { leaseTtl: '10s' })
  createGate(db, { deps, poll: 500 })
  // @ts-expect-error the chart declares dependencies
  createGate(db)
  // @ts-expect-error the chart declares dependencies
  createGate(db, {})
  // @ts-expect-error a dependency is missing
  createGate(db, { deps: {} })
  // @ts-expect-error a dependency of another type
  createGate(db, { deps: { lb: { cordon: () => 7 } } })
  // @ts-expect-error the chart declares none
  createGate(plain, { deps })
  // @ts-expect-error no such option
  createGate(plain, { leaseTTL: '10s' })
  // @ts-expect-error no duration
  createGate(plain, { leaseTtl: '10 seconds' })
})

interface Tx {
  insert(row: string): void
}
declare const journal: Journal
declare const ofTx: TransactionalJournal<Tx>
declare const ofOther: TransactionalJournal<{ write(): void }>

test('a gate takes the journal that its chart needs: one whose transactions are those it declares', () => {
  const begun = chart('till', { version: 1 }).transaction<Tx>()
  const till = begun.phase('a', { initial: true, final: true }).build()
  const both = begun.deps<Deps>().phase('a', { initial: true, final: true }).build()
  createGate(till, { journal: ofTx, leaseTtl: '10s' })
  createGate(both, { journal: ofTx, deps })
  createGate(plain, { journal })
  createGate(plain, { journal: ofTx })
  // @ts-expect-error the chart declares a transaction
  createGate(till)
  // @ts-expect-error the chart declares a transaction
  createGate(till, {})
  // @ts-expect-error a journal without transactions
  createGate(till, { journal })
  // @ts-expect-error the journal has other transactions
  createGate(till, { journal: ofOther })
  // @ts-expect-error the chart declares dependencies, too
  createGate(both, { journal: ofTx })
  // A chart whose types were erased is looked at when it is run.
  createGate(till as TypedChart)
  const wide: Gate = createGate(till as TypedChart, { journal })
  expectTypeOf(wide.owner).toEqualTypeOf<string>()
})

test('a flip is one that the chart declares, with the input that it declares', () => {
  void subject.flip('drain', input)
  void subject.flip(
    'drain',
    { reason: 'x', force: true },
    { key: 'k', actor: { id: 'kim', roles: ['sre'] }, wait: '1m', join: false },
  )
  void subject.flip('stop')
  void subject.flip('stop', undefined, { key: 'k' })
  // @ts-expect-error no such flip
  void subject.flip('halt')
  // @ts-expect-error no such flip
  void subject.safeFlip('halt')
  // @ts-expect-error no such flip
  void subject.explain('halt')
  // @ts-expect-error the input is missing
  void subject.flip('drain')
  // @ts-expect-error the input is missing
  void subject.safeFlip('drain')
  // @ts-expect-error a field is missing
  void subject.flip('drain', {})
  // @ts-expect-error a field of another type
  void subject.flip('drain', { reason: 7 })
  // @ts-expect-error this flip takes no input
  void subject.flip('stop', { reason: 'x' })
  // @ts-expect-error no such option
  void subject.flip('stop', undefined, { idempotencyKey: 'k' })
  // @ts-expect-error no duration
  void subject.flip('stop', undefined, { wait: 'long' })
})

test('a result knows the phases and the outputs of its flip', async () => {
  const result = await subject.flip('drain', input)
  expectTypeOf(result.from).toEqualTypeOf<'serving'>()
  expectTypeOf(result.to).toEqualTypeOf<'draining'>()
  expectTypeOf(result.outputs.cordon).toEqualTypeOf<{ server: string }>()
  expectTypeOf(result.outputs.count).toEqualTypeOf<number>()
  // @ts-expect-error no such step
  void result.outputs.uncordon
  const stopped = await subject.flip('stop')
  expectTypeOf(stopped.from).toEqualTypeOf<'serving' | 'draining'>()
})

test('a safe flip is a result or an error, told apart by success', async () => {
  const answer = await subject.safeFlip('restore')
  if (answer.success) {
    expectTypeOf(answer.data).toExtend<FlipResult<'draining', 'serving'>>()
    expectTypeOf(answer.error).toEqualTypeOf<undefined>()
  } else {
    expectTypeOf(answer.error).toEqualTypeOf<PhasegateError>()
    // @ts-expect-error there is no data
    void answer.data.flipId
  }
})

test('from a typestate handle only the flips that are legal there compile', async () => {
  const serving = await subject.at('serving')
  expectTypeOf(serving.phase).toEqualTypeOf<'serving'>()
  void serving.flip('drain', input)
  void serving.flip('stop')
  // @ts-expect-error not from serving
  void serving.flip('restore')
  // @ts-expect-error not from serving
  void serving.safeFlip('restore')
  // @ts-expect-error the input is missing
  void serving.flip('drain')
  const stopped = await subject.at('stopped')
  // @ts-expect-error nothing leads out of a final phase
  void stopped.flip('stop')
  const either = await subject.at('serving' as 'serving' | 'draining')
  void either.flip('stop')
  // @ts-expect-error not from serving, in which it may be
  void either.flip('restore')
})

test('a phase is one that the chart declares', async () => {
  expectTypeOf(await subject.phase()).toEqualTypeOf<'serving' | 'draining' | 'stopped'>()
  expectTypeOf((await subject.state()).phase).toEqualTypeOf<'serving' | 'draining' | 'stopped'>()
  subject.admit('serving').done()
  // @ts-expect-error no such phase
  subject.admit('running')
  // @ts-expect-error no such phase
  subject.permits('running')
  // @ts-expect-error no such phase
  void subject.at('running')
  // @ts-expect-error no such phase
  void subject.force('running', order)
  // @ts-expect-error no such phase
  void subject.resolve('f', 'force', { ...order, phase: 'running' })
})

test('who orders something out of the ordinary says who and why', () => {
  void subject.force('stopped', order)
  // @ts-expect-error nobody, for no reason
  void subject.force('stopped')
  // @ts-expect-error for no reason
  void subject.force('stopped', { actor: order.actor })
  // @ts-expect-error nobody
  void subject.resolve('f', 'retry', { reason: 'x' })
  // @ts-expect-error no such way
  void subject.resolve('f', 'undo', order)
  // @ts-expect-error for no reason
  void subject.cancel('f', {})
})

test('authorize is told the act, and answers as guards do', () => {
  createGate(plain, {
    authorize: ({ act, actor }) => {
      expectTypeOf(act).toEqualTypeOf<Act>()
      return act !== 'force' || actor?.id === 'kim' || deny('kim alone')
    },
    authorizeTimeout: '1s',
  })
  createGate(plain, { authorize: async () => true })
  // @ts-expect-error no answer
  createGate(plain, { authorize: () => 'yes' })
  // @ts-expect-error no such act
  createGate(plain, { authorize: ({ act }) => act === 'fly' })
})

test('the payload of an event is that of its record', () => {
  gate.on('flip.committed', (event) => {
    expectTypeOf(event.durationMs).toEqualTypeOf<number>()
    expectTypeOf(event.to).toEqualTypeOf<string>()
    expectTypeOf(event.key).toEqualTypeOf<string | undefined>()
    // @ts-expect-error a commit has no reason
    void event.reason
  })
  gate.on('flip.denied', (event) => {
    expectTypeOf(event.repeats).toEqualTypeOf<number>()
    // @ts-expect-error a denial is of no flip that was begun
    void event.flipId
  })
  gate.on('flip.refused', ({ error }) => expectTypeOf(error).toEqualTypeOf<PhasegateError>())
  gate.on('error', ({ error }) => expectTypeOf(error).toEqualTypeOf<unknown>())
  expectTypeOf(gate.on('lease.lost', () => undefined)).toEqualTypeOf<() => void>()
  // @ts-expect-error no such event
  gate.on('flip.comitted', () => undefined)
})
