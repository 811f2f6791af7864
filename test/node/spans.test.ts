import { openTelemetry } from 'phasegate/otel'
import { expect, test } from 'vitest'
import { idOf, spans } from '../telemetry/sdk.ts'
import { hello, serve } from './harness.ts'

test('each part of a drain is a span below that of its flip, and lasts as long as the part', async () => {
  const seen = spans()
  const { service } = await serve(hello, {
    telemetry: openTelemetry({ tracer: seen.tracer }),
    dependencies: { database: { start: () => {}, stop: () => {} } },
  })
  const { ms } = await service.drain('test')
  const names = new Map(seen.ended().map((span) => [idOf(span), span.name]))
  const tree = seen
    .ended()
    .map((span) => `${names.get(span.parentSpanContext?.spanId ?? '') ?? 'nothing'} > ${span.name}`)
  expect(tree).toEqual([
    'flip start > step start database',
    'flip start > step listen',
    'nothing > flip start',
    'flip drain > step say goodbye',
    'nothing > flip drain',
    'flip stop > step lame duck',
    'flip stop > step stop accepting',
    'flip stop > step linger',
    'flip stop > step in flight',
    'flip stop > step release',
    'nothing > flip stop',
  ])
  const [seconds, nanos] = seen.named('step lame duck').duration
  expect(seconds * 1_000 + nanos / 1e6).toBeGreaterThanOrEqual(ms.lameDuck - 2)
})

test('a telemetry that is none is refused', async () => {
  await expect(serve(hello, { telemetry: 'otel' as never })).rejects.toThrow('a telemetry, such as openTelemetry()')
})
