import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorBudget, prometheus } from 'phasegate/policies'
import { describe, expect, type TestContext, test } from 'vitest'
import { freePort } from '../servers/child.ts'
import { describeWith, startPrometheus } from '../servers/index.ts'
import { asked, told } from './asked.ts'

type WhenFinished = TestContext['onTestFinished']

const vector = (...values: readonly string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
})
const json = (body: unknown, status = 200): RequestListener => {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A server that answers as it is told; closed with the test. */
async function serve(whenFinished: WhenFinished, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  whenFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const query = 'slo:error_budget:remaining{job="api"}'

describe('prometheus', () => {
  test('asks the instant query, and gives its one number', async ({ onTestFinished }) => {
    const seen: string[] = []
    const url = await serve(onTestFinished, async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push(`${request.method} ${request.url} ${new URLSearchParams(body).get('query')}`)
      json(vector('0.25'))(request, response)
    })
    expect(await prometheus({ url, query })()).toBe(0.25)
    expect(await prometheus({ url: `${url}/behind/`, query })()).toBe(0.25)
    expect(seen).toEqual([`POST /api/v1/query ${query}`, `POST /behind/api/v1/query ${query}`])
  })

  test('reads a scalar, too', async ({ onTestFinished }) => {
    const url = await serve(
      onTestFinished,
      json({ status: 'success', data: { resultType: 'scalar', result: [1, '-0.5'] } }),
    )
    expect(await prometheus({ url, query })()).toBe(-0.5)
  })

  test.for<[string, RequestListener]>([
    ['it gives nothing', json(vector())],
    ['it gives 2 series, not one', json(vector('0.5', '0.6'))],
    ['it gives "NaN", not a number', json(vector('NaN'))],
    ['it gives "+Inf", not a number', json(vector('+Inf'))],
    ['it gives "", not a number', json(vector(''))],
    ['it gives a sample without a value', json({ status: 'success', data: { resultType: 'vector', result: [{}] } })],
    ['it gives a matrix, not one number', json({ status: 'success', data: { resultType: 'matrix', result: [] } })],
    ['it gives a undefined, not one number', json({ status: 'success' })],
    ['its status is "error": parse error', json({ status: 'error', error: 'parse error' })],
    ['its status is missing', json([])],
    ['HTTP 422: unknown metric', json({ status: 'error', error: 'unknown metric' }, 422)],
    ['HTTP 503', (_, response) => response.writeHead(503).end('<h1>away</h1>')],
    ['it gives no JSON', (_, response) => response.end('{"status":"succ')],
    ['it gives no JSON', (_, response) => response.end('')],
    ['fetch failed', (request) => request.socket.destroy()],
  ])('throws with its facts when %s', async ([cause, answer], { onTestFinished }) => {
    const url = await serve(onTestFinished, answer)
    await expect(prometheus({ url, query })()).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      facts: { url: `${url}/api/v1/query`, query, cause: expect.stringContaining(cause) },
    })
  })

  test('throws when the answer, or the rest of it, does not come in time', async ({ onTestFinished }) => {
    const silent = await serve(onTestFinished, () => undefined)
    const slow = await serve(onTestFinished, (_, response) => response.writeHead(200).write('{'))
    for (const url of [silent, slow]) {
      const cause = 'no answer within 50ms'
      await expect(prometheus({ url, query, timeout: '50ms' })()).rejects.toMatchObject({ facts: { cause } })
    }
  })

  test('throws when nobody listens', async () => {
    const port = await freePort()
    const asked = prometheus({ url: `http://127.0.0.1:${port}`, query })()
    await expect(asked).rejects.toMatchObject({ facts: { cause: expect.stringContaining('ECONNREFUSED') } })
  })

  test('stops when the guard that wants the number has given up', async ({ onTestFinished }) => {
    const url = await serve(onTestFinished, () => undefined)
    const guard = new AbortController()
    const answer = prometheus({ url, query, timeout: '1h' })({ signal: guard.signal })
    guard.abort(new Error('it has taken too long'))
    await expect(answer).rejects.toMatchObject({ facts: { cause: 'it has taken too long' } })
  })

  test('goes through a fetch of your own', async () => {
    const seen: unknown[] = []
    const own: typeof fetch = async (url, init) => {
      seen.push(String(url), init?.method)
      return new Response(JSON.stringify(vector('1')))
    }
    expect(await prometheus({ url: 'https://metrics.example/', query, fetch: own })()).toBe(1)
    expect(seen).toEqual(['https://metrics.example/api/v1/query', 'POST'])
  })

  test('is a source of an error budget: what it cannot tell is a no', async ({ onTestFinished }) => {
    const url = await serve(onTestFinished, json(vector()))
    const policy = errorBudget({ remaining: prometheus({ url, query }), atLeast: 0.1 })
    expect(await told(policy, asked('2026-11-21T12:00Z'))).toBe(
      `the error budget is not known: ${url}/api/v1/query gave no number for ${query}: it gives nothing`,
    )
  })

  test.each([
    ['url', { query }],
    ['url', { url: 'prometheus:9090', query }],
    ['url', { url: 'ftp://prometheus', query }],
    ['url', { url: 'http://kim:secret@prometheus:9090', query }],
    ['query', { url: 'http://prometheus' }],
    ['query', { url: 'http://prometheus', query: ' ' }],
    ['timeout', { url: 'http://prometheus', query, timeout: 0 }],
    ['fetch', { url: 'http://prometheus', query, fetch: 'fetch' }],
    ['prometheus options.token', { url: 'http://prometheus', query, token: 'x' }],
  ])('a wrong %s is refused by name, and no password is told', (option, options) => {
    expect(() => prometheus(options as never)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.not.stringContaining('secret'),
        facts: expect.objectContaining({ option }),
      }),
    )
  })
})

describeWith('prometheus', 'against a real Prometheus', () => {
  test('one number is read; nothing, several, NaN and a wrong query are not', async ({ onTestFinished }) => {
    const server = await startPrometheus({ jobs: {}, rules: [] })
    onTestFinished(() => server.stop())
    const ask = (query: string) => prometheus({ url: server.url, query })()
    expect(await ask('vector(0.375)')).toBe(0.375)
    expect(await ask('scalar(vector(0.5))')).toBe(0.5)
    const cause = async (query: string): Promise<unknown> => {
      const error: unknown = await ask(query).catch((thrown: unknown) => thrown)
      return (error as { readonly facts?: { readonly cause: string } }).facts?.cause
    }
    expect(await cause('absent(vector(1))')).toBe('it gives nothing')
    expect(await cause('label_replace(vector(1), "a", "b", "", "") or vector(2)')).toBe('it gives 2 series, not one')
    expect(await cause('vector(0) / 0')).toBe('it gives "NaN", not a number')
    expect(await cause('vector(')).toMatch(/^HTTP 400: .*parse error/)
  })
})
