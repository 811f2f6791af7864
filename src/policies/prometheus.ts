import { callable, type Duration, formatMs, known, limit, messageOf, PhasegateError, refuse } from '../base/index.ts'
import { type Reading, readAnswer } from './reading.ts'

/** Options of `prometheus(options)`. */
export interface PrometheusOptions {
  /** Where it is, without `/api/v1/query`: `'http://prometheus:9090'`. */
  readonly url: string
  /** An instant query that gives one number. */
  readonly query: string
  /** For the whole answer; a guard has 5 seconds. @default '3s' */
  readonly timeout?: Duration | undefined
  /** For headers, proxies and certificates of your own. @default the fetch of Node */
  readonly fetch?: typeof fetch | undefined
}

interface Settings {
  readonly url: URL
  readonly query: string
  readonly timeoutMs: number
  readonly fetch: typeof fetch
}

/** Asks for a number, for as long as the guard that wants it. */
type Source = (context?: { readonly signal: AbortSignal }) => Promise<number>

/**
 * Gives a function that asks Prometheus, or what speaks as it does, for one number. It throws `QUERY_FAILED` for whatever
 * else comes: nothing, several series, NaN, an error, no answer in time.
 * @throws OPTION_INVALID naming the option
 * @example errorBudget({ remaining: prometheus({ url, query: 'slo:error_budget:remaining{job="api"}' }), atLeast: 0.25 })
 */
export function prometheus(options: PrometheusOptions): Source {
  const settings = parseOptions(options)
  return async (context) => {
    const reading = await ask(settings, context?.signal)
    if (reading.type === 'number') return reading.value
    const { origin, pathname } = settings.url
    const { query } = settings
    const { cause } = reading
    const message = `${origin}${pathname} gave no number for ${query}: ${cause}`
    throw new PhasegateError('QUERY_FAILED', message, { url: `${origin}${pathname}`, query, cause })
  }
}

async function ask({ url, query, timeoutMs, fetch }: Settings, signal: AbortSignal | undefined): Promise<Reading> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ query }),
      headers: { accept: 'application/json' },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
    return readAnswer(response.status, await response.text())
  } catch (error) {
    return { type: 'none', cause: timeout.aborted ? `no answer within ${formatMs(timeoutMs)}` : causeOf(error) }
  }
}

/** `fetch` says that it failed; what failed is in the cause. */
function causeOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {}
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`
}

function parseOptions(options: unknown): Settings {
  const given = known(options, 'prometheus options', ['url', 'query', 'timeout', 'fetch'])
  if (typeof given.query !== 'string' || given.query.trim() === '') refuse('query', given.query, 'a PromQL query')
  return {
    url: parseUrl(given.url),
    query: String(given.query),
    timeoutMs: limit(given.timeout, 'timeout', '3s'),
    fetch: given.fetch === undefined ? fetch : callable<typeof fetch>(given.fetch, 'fetch'),
  }
}

function parseUrl(value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return refuse('url', value, "the address of a Prometheus, 'http://…' or 'https://…'")
  }
  // What is in it would be in errors and records.
  if (url.username !== '' || url.password !== '') {
    refuse('url', 'an address with a password', 'without one; pass a fetch that adds it')
  }
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`
  return url
}
