import { connect, type Socket } from 'node:net'

/** How a client comes to a service. */
export interface Way {
  /** A connection, or that there was nobody to take it. */
  reach(): Promise<Socket | 'refused'>
}

/** What a way that is long says first: whether the other end took the connection. */
export const TAKEN = 0x2b
export const REFUSED = 0x2d

const HOST = '127.0.0.1'

/** Straight to a port of this machine. */
export function straight(port: number): Way {
  return { reach: () => reach(port) }
}

/** Through a proxy that delays: the connection is there when the word of it has come back. */
export function through(port: number): Way {
  return {
    async reach() {
      const socket = await reach(port)
      if (socket === 'refused') return socket
      const word = await firstByte(socket)
      if (word === TAKEN) return socket
      socket.destroy()
      return 'refused'
    },
  }
}

function reach(port: number): Promise<Socket | 'refused'> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST, noDelay: true })
    socket.once('error', () => resolve('refused'))
    socket.once('connect', () => {
      // Whoever uses the socket listens for himself; an error that nobody hears would end the process.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

function firstByte(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const read = (): void => {
      const chunk = socket.read(1) as Buffer | null
      if (chunk === null) return
      socket.off('readable', read).off('close', closed)
      resolve(chunk[0])
    }
    const closed = (): void => resolve(undefined)
    socket.on('readable', read).once('close', closed)
  })
}
