/** What an answer of Prometheus says: one number, or why it is none. */
export type Reading =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'none'; readonly cause: string }

/** Reads the answer to an instant query. Pure; never throws. */
export function readAnswer(httpStatus: number, text: string): Reading {
  const body = parsed(text)
  const { status, error, data } = membersOf(body)
  const said = typeof error === 'string' ? `: ${error.slice(0, 200)}` : ''
  if (httpStatus < 200 || httpStatus > 299) return none(`HTTP ${httpStatus}${said}`)
  if (body === undefined) return none('it gives no JSON')
  if (status !== 'success') return none(`its status is ${JSON.stringify(status) ?? 'missing'}${said}`)
  const { resultType, result } = membersOf(data)
  if (resultType === 'scalar') return readSample(result)
  if (resultType !== 'vector' || !Array.isArray(result)) return none(`it gives a ${String(resultType)}, not one number`)
  if (result.length === 0) return none('it gives nothing')
  if (result.length > 1) return none(`it gives ${result.length} series, not one`)
  return readSample(membersOf(result[0]).value)
}

/** A sample is `[time, "text"]`. */
function readSample(sample: unknown): Reading {
  const text: unknown = Array.isArray(sample) ? sample[1] : undefined
  if (typeof text !== 'string') return none('it gives a sample without a value')
  const value = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? { type: 'number', value } : none(`it gives ${JSON.stringify(text)}, not a number`)
}

function none(cause: string): Reading {
  return { type: 'none', cause }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
