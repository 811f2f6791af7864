import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileJournal } from 'phasegate/file'
import { expect, test } from 'vitest'
import { workerFile } from '../processes/bundle.ts'
import { temporaryFolder } from '../processes/start.ts'
import type { WhenFinished } from '../servers/index.ts'
import type { TracedOrders } from './traced-worker.ts'

/** A span as OTLP has it in JSON. */
interface Received {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
}

interface ExportRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Received[] }[] }[]
}

/** A receiver of OTLP over HTTP, with what it was sent. */
async function receiver(whenFinished: WhenFinished) {
  const spans: Received[] = []
  const arrivals: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const sent = JSON.parse(await text(request)) as ExportRequest
    spans.push(...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.setHeader('content-type', 'application/json').end('{}')
    for (const arrived of arrivals.splice(0)) arrived()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenFinished(async () => void server.close())
  const { port } = server.address() as AddressInfo
  /** The span of that name, as soon as it is there. */
  const named = async (name: string): Promise<Received> => {
    for (;;) {
      const found = spans.find((span) => span.name === name)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => arrivals.push(resolve))
    }
  }
  return { url: `http://127.0.0.1:${port}/v1/traces`, spans, named }
}

function work(orders: TracedOrders, whenFinished: WhenFinished) {
  const child = fork(workerFile('traced'), [JSON.stringify(orders)], { execArgv: [] })
  whenFinished(async () => void child.kill('SIGKILL'))
  return child
}

function attribute({ attributes }: Received, key: string): string | undefined {
  return attributes.find((candidate) => candidate.key === key)?.value.stringValue
}

test('a flip killed in its second step is finished in the same trace, below the span of who began it', async ({
  onTestFinished,
}) => {
  const folder = join(temporaryFolder(onTestFinished), 'journal')
  const { url, spans, named } = await receiver(onTestFinished)
  const first = work({ folder, receiver: url, role: 'first' }, onTestFinished)
  await once(first, 'message')
  const one = await named('step one')
  const calm = await named('guard calm')
  first.kill('SIGKILL')
  await once(first, 'exit')

  const journal = fileJournal(folder)
  const head = await journal.read({ chart: 'mast', id: 'north' })
  await journal.close()
  const [, traceId, flipSpan] = head?.flip?.trace?.split('-') ?? []
  expect([one.traceId, one.parentSpanId]).toEqual([traceId, flipSpan])
  expect([calm.traceId, calm.parentSpanId]).toEqual([traceId, flipSpan])

  const second = work({ folder, receiver: url, role: 'second' }, onTestFinished)
  const [outcome] = await once(second, 'message')
  expect(outcome).toBe('committed')
  const adopted = await named('flip raise')
  expect([adopted.traceId, adopted.parentSpanId]).toEqual([traceId, flipSpan])
  expect(adopted.links).toMatchObject([{ traceId, spanId: flipSpan }])
  expect(attribute(adopted, 'phasegate.takeover')).toBe('adopted')
  expect(attribute(adopted, 'phasegate.outcome')).toBe('committed')

  const two = await named('step two')
  const below = new Map(spans.map((span) => [span.name, span.parentSpanId]))
  for (const part of ['step two', 'step three', 'confirm level']) expect(below.get(part)).toBe(adopted.spanId)
  expect(below.get('crane')).toBe(two.spanId)
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  // What had not ended when the process was killed is never sent: its flip, and what that was called from.
  expect(spans.map(({ name }) => name).sort()).toEqual(
    ['guard calm', 'step one', 'step two', 'step three', 'crane', 'confirm level', 'flip raise'].sort(),
  )
})
