/** What a W3C traceparent says. */
export interface Traceparent {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Undefined for what is none: anything may have been given as a trace. */
export function parseTraceparent(text: string | undefined): Traceparent | undefined {
  const [, version, traceId, spanId, flags, more] = FORM.exec(text ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  // Later versions may say more; this one may not.
  if (version === '00' && more !== undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}

export function formatTraceparent({ traceId, spanId, traceFlags }: Traceparent): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
