import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** A request as Node made it, whatever a framework has wrapped around it. */
export type RawRequest = IncomingMessage | Http2ServerRequest
/** A response as Node made it. */
export type RawResponse = ServerResponse | Http2ServerResponse

/** What a request is answered with that the mode does not admit: try another instance. */
export interface Refusal {
  readonly status: number
  /** `Retry-After`, and on HTTP/1 `Connection: close`. */
  readonly headers: Readonly<Record<string, string>>
}

/** Gives leave by phase, as a service does. */
export interface Admits<Phase extends string> {
  admits(request: RawRequest, response: RawResponse, phases: readonly [Phase, ...Phase[]]): boolean
  refusal(request: RawRequest, phases: readonly [Phase, ...Phase[]]): Refusal | undefined
}
