import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Journal } from 'phasegate'
import { openTelemetry, phaseSpans } from 'phasegate/otel'
import { describe, expect, test } from 'vitest'
import { mortal, records, signal, stage } from '../gate/stage.ts'
import { type Acts, fail, never, open, order, porter } from './bay.ts'
import { idOf, type Spans, spans, traceOf, withContexts } from './sdk.ts'

withContexts()

const FOREIGN = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' }
const TRACEPARENT = `00-${FOREIGN.trace}-${FOREIGN.span}-01`

function traced(acts: Acts = {}, on = stage(), seen: Spans = spans()) {
  return { ...open(openTelemetry({ tracer: seen.tracer }), acts, on), ...seen }
}

/** Runs `work` inside a span. */
function inside<Result>({ tracer }: Spans, name: string, work: () => Promise<Result>): Promise<Result> {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await work()
    } finally {
      span.end()
    }
  })
}

/** Which span is below which, by name. */
function tree({ ended }: Spans): readonly string[] {
  const names = new Map(ended().map((span) => [idOf(span), span.name]))
  return ended().map((span) => `${names.get(span.parentSpanContext?.spanId ?? '') ?? 'nothing'} > ${span.name}`)
}

test('a flip is a span below the one it was called from, and its parts are below it', async () => {
  const on = traced()
  await inside(on, 'request', () => on.bay.flip('raise'))
  expect(tree(on)).toEqual([
    'flip raise > guard clear',
    'flip raise > step unlock',
    'flip raise > step lift',
    'flip raise > confirm level',
    'request > flip raise',
    'nothing > request',
  ])
  expect(new Set(on.ended().map(traceOf)).size).toBe(1)
  expect(on.ended().every(({ kind }) => kind === 0)).toBe(true)
})

test('a flip says what it was, whose, and how it ended; its parts say which flip they are of', async () => {
  const on = traced()
  const { flipId } = await on.bay.flip('raise')
  const about = { 'phasegate.chart': 'bay', 'phasegate.subject': 'north', 'phasegate.flip': 'raise' }
  const going = { 'phasegate.from': 'shut', 'phasegate.to': 'open', 'phasegate.attempt': 1 }
  const owned = { 'phasegate.flip_id': flipId, 'phasegate.epoch': 1 }
  const flip = { ...about, ...going, ...owned, 'phasegate.outcome': 'committed' }
  expect(on.named('flip raise').attributes).toEqual(flip)
  expect(on.named('guard clear').attributes).toEqual({ ...about, ...going, 'phasegate.part': 'clear' })
  expect(on.named('step lift').attributes).toEqual({ ...about, ...going, ...owned, 'phasegate.part': 'lift' })
  expect(on.ended().map(({ status }) => status.code)).toEqual(on.ended().map(() => SpanStatusCode.UNSET))
})

test.each(['guard clear', 'step lift', 'undo lift', 'confirm level'])(
  'the user’s function sees the span of its part as the active one, through promises (%s)',
  async (part) => {
    const seen = spans()
    const on = traced(
      {
        'step lift': fail,
        [part]: async () => {
          await Promise.resolve()
          seen.tracer.startSpan(`inside ${part}`).end()
          if (part === 'step lift') fail()
          return true
        },
        ...(part === 'confirm level' ? { 'step lift': undefined } : {}),
      },
      stage(),
      seen,
    )
    const asked = on.bay.safeFlip('raise')
    await on.clock.advance(2_000)
    await asked
    const below = tree(on).filter((line) => line.endsWith(`> inside ${part}`))
    expect(new Set(below)).toEqual(new Set([`${part} > inside ${part}`]))
  },
)

test('without an active span the trace that the caller gave is the parent; with one it is not', async () => {
  const on = traced()
  await on.bay.flip('raise', undefined, { trace: TRACEPARENT })
  expect(on.named('flip raise').parentSpanContext).toMatchObject({ traceId: FOREIGN.trace, spanId: FOREIGN.span })
  expect(traceOf(on.named('flip raise'))).toBe(FOREIGN.trace)
  await inside(on, 'request', () => on.bay.flip('close', undefined, { trace: TRACEPARENT }))
  expect(on.named('flip close').parentSpanContext?.spanId).toBe(idOf(on.named('request')))
})

test.each([
  'no trace at all',
  `00-${'0'.repeat(32)}-${FOREIGN.span}-01`,
  `ff-${FOREIGN.trace}-${FOREIGN.span}-01`,
  `${TRACEPARENT}-more`,
])('what is no traceparent begins a trace of its own (%s)', async (given) => {
  const on = traced()
  await on.bay.flip('raise', undefined, { trace: given })
  expect(on.named('flip raise').parentSpanContext).toBeUndefined()
})

test('the record keeps the span of the flip, or what was given where no SDK makes spans', async () => {
  const on = traced()
  await on.bay.flip('raise', undefined, { trace: TRACEPARENT })
  const { traceId, spanId } = on.named('flip raise').spanContext()
  const silent = open(openTelemetry({ tracer: trace.getTracer('nobody') }), {}, on)
  await silent.bay.flip('close', undefined, { trace: TRACEPARENT })
  await silent.bay.flip('raise', undefined, { trace: 'ticket 81' })
  await silent.bay.flip('close')
  const kept = (await records(on.bay)).flatMap((record) => (record.kind === 'requested' ? [record.trace] : []))
  expect(kept).toEqual([`00-${traceId}-${spanId}-01`, TRACEPARENT, 'ticket 81', undefined])
})

test('a failure is recorded where it happened and on the flip, with its code; tries again are events', async () => {
  const on = traced({ 'step lift': fail })
  const asked = on.bay.safeFlip('raise')
  await on.clock.advance(2_000)
  await asked
  const lift = on.named('step lift')
  expect(lift.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the chain broke' })
  expect(lift.attributes).toMatchObject({ 'error.type': 'STEP_FAILED' })
  expect(lift.events).toMatchObject([
    { name: 'retry', attributes: { 'phasegate.try': 2 } },
    { name: 'exception', attributes: { 'exception.type': 'Error', 'exception.message': 'the chain broke' } },
  ])
  const flip = on.named('flip raise')
  expect(flip.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the chain broke' })
  expect(flip.attributes).toMatchObject({ 'error.type': 'STEP_FAILED', 'phasegate.outcome': 'rolledBack' })
  expect(flip.events).toMatchObject([{ name: 'exception' }])
  expect(on.named('undo lift').status.code).toBe(SpanStatusCode.UNSET)
  expect(on.named('step unlock').status.code).toBe(SpanStatusCode.UNSET)
})

test('a failure in which nothing was thrown is an exception by its code', async () => {
  const on = traced({ 'confirm level': () => false })
  const asked = on.bay.safeFlip('raise')
  await on.clock.advance(31_000)
  await asked
  const confirm = on.named('confirm level')
  expect(confirm.events.filter(({ name }) => name === 'retry')).toHaveLength(29)
  expect(confirm.events.at(-1)).toMatchObject({
    name: 'exception',
    attributes: { 'exception.type': 'CONFIRM_TIMEOUT' },
  })
})

test('a guard that says no has failed, and what it threw is recorded', async () => {
  const on = traced({ 'guard clear': fail })
  await on.bay.safeFlip('raise')
  const attributes = { 'exception.message': 'the chain broke' }
  expect(on.named('guard clear')).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'it threw: the chain broke' },
    attributes: { 'error.type': 'GUARD_REFUSED' },
    events: [{ name: 'exception', attributes }],
  })
})

describe('each outcome', () => {
  const outcome = ({ ended }: Spans, name: string) =>
    ended()
      .filter((span) => span.name === name)
      .map(({ attributes }) => attributes['phasegate.outcome'])

  test('committed, replayed, joined: with the id of the flip whose outcome it is, and a link to who is joined', async () => {
    const lift = signal()
    const on = traced({ 'step lift': () => lift.promise })
    const first = on.bay.flip('raise', undefined, { key: 'k' })
    await on.clock.advance(0)
    const second = on.bay.flip('raise', undefined, { key: 'k' })
    await on.clock.advance(0)
    const elsewhere = open(openTelemetry({ tracer: on.tracer }), {}, on)
    const third = elsewhere.bay.flip('raise', undefined, { key: 'k' })
    await on.clock.advance(0)
    lift.resolve()
    await on.clock.advance(2_000)
    const { flipId } = await first
    await Promise.all([second, third])
    await on.bay.flip('raise', undefined, { key: 'k' })
    expect(outcome(on, 'flip raise')).toEqual(['committed', 'joined', 'joined', 'replayed'])
    const [own, ...shared] = on.ended().filter((span) => span.name === 'flip raise')
    expect(shared.map(({ attributes }) => attributes['phasegate.flip_id'])).toEqual([flipId, flipId, flipId])
    const links = shared.map((span) => span.links.map(({ context: { spanId } }) => spanId))
    expect(links).toEqual([[own && idOf(own)], [own && idOf(own)], []])
  })

  test('stuck, and interrupted', async () => {
    const on = traced({ 'step lift': fail, 'undo lift': fail, 'step spray': never })
    const asked = on.bay.safeFlip('raise')
    await on.clock.advance(2_000)
    await asked
    expect(outcome(on, 'flip raise')).toEqual(['stuck'])
    expect(on.named('flip raise').attributes).toMatchObject({ 'error.type': 'UNDO_FAILED' })
    const south = on.gate.subject('south').safeFlip('hose')
    await on.clock.advance(0)
    const closing = on.gate.close({ within: 0 })
    await on.clock.advance(1_000)
    await Promise.all([closing, south])
    expect(outcome(on, 'flip hose')).toEqual(['interrupted'])
    expect(on.named('step spray').attributes).toMatchObject({ 'error.type': 'GATE_CLOSED' })
  })

  test.each([
    ['FLIP_ILLEGAL', 'lower', { actor: porter }],
    ['UNAUTHORISED', 'lower', {}],
    ['GUARD_REFUSED', 'raise', {}],
    ['OPTION_INVALID', 'raise', { key: '' }],
  ] as const)('refused: the reason is the code %s', async (code, flip, options) => {
    const on = traced({ 'guard clear': () => false })
    await on.bay.safeFlip(flip, undefined, options)
    expect(on.named(`flip ${flip}`).attributes).toMatchObject({
      'phasegate.outcome': 'refused',
      'phasegate.reason': code,
      'error.type': code,
    })
    expect(on.named(`flip ${flip}`).attributes).not.toHaveProperty('phasegate.flip_id')
  })

  test('a flip that the chart does not know has no span name of its own', async () => {
    const on = traced()
    await on.bay.safeFlip('lurch' as 'raise')
    expect(on.named('flip unknown').attributes).toMatchObject({
      'phasegate.flip': 'lurch',
      'phasegate.reason': 'FLIP_UNKNOWN',
    })
  })
})

describe('a flip whose owner has died', () => {
  /** Its owner dies in the step `lift`. */
  async function orphaned() {
    const on = stage()
    const seen = spans()
    const dead = mortal(on.journal)
    const owner = traced({ 'step lift': never }, { ...on, journal: dead.journal as Journal }, seen)
    let parent = ''
    void inside(seen, 'request', async () => {
      parent = trace.getActiveSpan()?.spanContext().traceId ?? ''
      return owner.bay.safeFlip('raise')
    })
    await on.clock.advance(0)
    dead.die()
    await on.clock.advance(20_000)
    const [requested] = await records(open(undefined, {}, on).bay)
    const [, traceId, spanId] = (requested?.kind === 'requested' ? (requested.trace ?? '') : '').split('-')
    expect(traceId).toBe(parent)
    return { on, traceId, spanId }
  }

  test.each(['recover', 'poll', 'caller'])('is finished in its trace, below its first owner (%s)', async (how) => {
    const { on, traceId, spanId } = await orphaned()
    const adopter = traced({}, on)
    const stir = async (): Promise<void> => {
      if (how === 'recover') await adopter.gate.recover()
      if (how === 'poll') adopter.gate.start()
      if (how === 'caller') await adopter.bay.flip('close', undefined, { wait: '1m' })
    }
    const stirred = inside(adopter, 'start-up', stir)
    await on.clock.advance(30_000)
    await stirred
    await adopter.gate.close()
    const adopted = adopter.named('flip raise')
    expect(traceOf(adopted)).toBe(traceId)
    expect(adopted.parentSpanContext).toMatchObject({ spanId, isRemote: true })
    expect(adopted.links.map((link) => link.context.spanId)).toEqual([spanId])
    expect(adopted.attributes).toMatchObject({
      'phasegate.takeover': 'adopted',
      'phasegate.epoch': 2,
      'phasegate.outcome': 'committed',
    })
    expect(adopter.named('step lift').parentSpanContext?.spanId).toBe(idOf(adopted))
    if (how === 'caller') {
      expect(adopter.named('flip close').parentSpanContext?.spanId).toBe(idOf(adopter.named('start-up')))
    }
  })

  test('is finished in a trace of its own when nobody knows the first', async () => {
    const on = stage()
    const dead = mortal(on.journal)
    void open(undefined, { 'step lift': never }, { ...on, journal: dead.journal }).bay.safeFlip('raise')
    await on.clock.advance(0)
    dead.die()
    await on.clock.advance(20_000)
    const adopter = traced({}, on)
    await adopter.gate.recover()
    expect(adopter.named('flip raise')).toMatchObject({ parentSpanContext: undefined, links: [] })
  })
})

test('a resolution is below the first owner, and linked to it and to who ordered it', async () => {
  const on = traced({ 'step lift': fail, 'undo lift': fail })
  const asked = on.bay.safeFlip('raise')
  await on.clock.advance(2_000)
  const { error } = await asked
  const first = on.named('flip raise')
  const { flipId } = error?.facts as { flipId: string }
  await inside(on, 'console', () => on.bay.resolve(flipId, 'skip', order))
  const resolved = on.ended().findLast((span) => span.name === 'flip raise')
  expect(resolved?.parentSpanContext?.spanId).toBe(idOf(first))
  expect(resolved?.links.map((link) => link.context.spanId)).toEqual([idOf(first), idOf(on.named('console'))])
  expect(resolved?.attributes).toMatchObject({ 'phasegate.takeover': 'resolved', 'phasegate.outcome': 'rolledBack' })
})

test('the flip of a timer begins a trace of its own, whoever happens to look', async () => {
  const on = traced()
  await on.bay.flip('raise')
  await on.clock.advance(3_600_000)
  await inside(on, 'sweep', () => on.gate.recover())
  expect(on.named('flip close').parentSpanContext).toBeUndefined()
  expect(on.named('flip close').attributes).toMatchObject({ 'phasegate.outcome': 'committed' })
})

test('spans of the user carry the phase they begin under, those of flips what they are about', async () => {
  const seen = spans({ first: [phaseSpans()] })
  const on = traced(
    {
      'step lift': async () => {
        seen.tracer.startSpan('winch').end()
        await on.gate.subject('south').flip('hose')
      },
    },
    stage(),
    seen,
  )
  const { flipId } = await on.bay.flip('raise')
  seen.tracer.startSpan('outside').end()
  expect(on.named('winch').attributes).toEqual({
    'phasegate.chart': 'bay',
    'phasegate.subject': 'north',
    'phasegate.phase': 'shut',
    'phasegate.flip_id': flipId,
  })
  expect(on.named('outside').attributes).toEqual({})
  expect(on.named('flip hose').attributes).toMatchObject({ 'phasegate.subject': 'south' })
  expect(on.named('flip hose').attributes).not.toHaveProperty('phasegate.phase')
})

test('the context of the caller reaches the steps, and nothing is added to it but the span', async () => {
  const key = Symbol('tenant')
  let found: unknown
  const on = traced({ 'step lift': () => void (found = context.active().getValue(key)) })
  await context.with(context.active().setValue(key, 'blue'), () => on.bay.flip('raise'))
  expect(found).toBe('blue')
})

test('an option that is none is refused by name', () => {
  expect(() => openTelemetry({ tracer: {} as never })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(() => openTelemetry({ meter: {} as never })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(() => openTelemetry({ observeEvery: 'often' as never })).toThrow(/observeEvery/)
  expect(() => openTelemetry({ tracr: undefined } as never)).toThrow(/tracr/)
})
