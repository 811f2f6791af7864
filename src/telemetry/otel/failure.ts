import { type Span, SpanStatusCode } from '@opentelemetry/api'
import type { PartFailure } from '../../ports/index.ts'

/** Ends a span; one that failed says why, with the code as `error.type`. */
export function endSpan(span: Span, failure: PartFailure | undefined): void {
  if (failure !== undefined) {
    const { code, message, cause } = failure
    span.setAttribute('error.type', code)
    span.recordException(cause instanceof Error ? cause : { name: code, message })
    span.setStatus({ code: SpanStatusCode.ERROR, message })
  }
  span.end()
}
