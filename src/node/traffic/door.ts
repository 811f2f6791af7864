/** What is known of a request before its handler sees it. */
export interface Incoming {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
}

/** Given back when a request is over, however it ended. */
export interface Returnable {
  done(): void
}

/** An answer that is given in place of the handler's. */
export class Reply {
  /** `probe`: asked by whoever watches our health. It counts neither as traffic nor as in flight. */
  readonly to: 'probe' | 'refused'
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: string

  constructor(to: 'probe' | 'refused', status: number, headers: Readonly<Record<string, string | number>>, body = '') {
    this.to = to
    this.status = status
    this.headers = { 'Content-Length': Buffer.byteLength(body), ...headers }
    this.body = body
  }
}

/** Decides who is let in. On the path of every request. */
export interface Doorkeeper {
  /** A permit lets the handler have the request, and is given back when the response is over; a reply answers it here. */
  receive(incoming: Incoming): Returnable | Reply
}
