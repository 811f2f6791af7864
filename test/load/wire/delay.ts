import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Clock, Stop } from 'phasegate'
import { REFUSED, TAKEN } from './way.ts'

/** A network that is `delayMs` long each way, in front of a port. */
export interface Delay {
  readonly port: number
  stop(): void
}

export interface DelayOptions {
  /** The port behind it. */
  readonly target: number
  readonly delayMs: number
  readonly clock: Clock
}

/**
 * Passes on everything later and in order: bytes, ends and resets alike. A connection takes a round trip as well, and the
 * first byte of it says whether the other end took it, because a proxy cannot refuse what it has already accepted.
 */
export async function startDelay(options: DelayOptions): Promise<Delay> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const wire = (socket: Socket): void => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    wire(near)
    join(near, options, wire)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server),
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** What has been sent comes out of the other end in the same order, each `delayMs` after it went in. */
class Pipe {
  readonly #options: DelayOptions
  readonly #stops = new Set<Stop>()

  constructor(options: DelayOptions) {
    this.#options = options
  }

  /** Timers of the same length fire in the order in which they were set. */
  later(act: () => void): void {
    const { clock, delayMs } = this.#options
    const stop = clock.timer(delayMs, () => {
      this.#stops.delete(stop)
      act()
    })
    this.#stops.add(stop)
  }
}

function join(near: Socket, options: DelayOptions, wire: (socket: Socket) => void): void {
  const there = new Pipe(options)
  const back = new Pipe(options)
  near.on('error', () => {})
  near.pause()
  there.later(() => {
    const far = connect({ port: options.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    wire(far)
    far.once('error', () => back.later(() => near.end(Buffer.of(REFUSED))))
    far.once('connect', () => {
      far.removeAllListeners('error')
      back.later(() => {
        near.write(Buffer.of(TAKEN))
        pass(near, far, there)
        near.resume()
      })
      pass(far, near, back)
    })
  })
}

function pass(from: Socket, to: Socket, pipe: Pipe): void {
  let ending: 'open' | 'ended' | 'reset' = 'open'
  from.on('data', (chunk: Buffer) => pipe.later(() => void to.write(chunk)))
  from.on('end', () => {
    ending = 'ended'
    pipe.later(() => to.end())
  })
  const reset = (): void => {
    if (ending === 'reset') return
    ending = 'reset'
    pipe.later(() => to.resetAndDestroy())
  }
  from.on('error', reset)
  from.on('close', () => {
    if (ending === 'open') reset()
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
