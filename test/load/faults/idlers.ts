import { connect, type Socket } from 'node:net'

// Clients that connect and say nothing, in a process of their own: each of them is an open file.
const [port, count] = process.argv.slice(2).map(Number)
/** No more at a time than a queue of the kernel takes. */
const AT_ONCE = 200
const ends = { ended: 0, reset: 0 }
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: port ?? 0, host: '127.0.0.1' }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function watch(socket: Socket): void {
  let how: keyof typeof ends = 'ended'
  socket.on('error', () => (how = 'reset')).resume()
  socket.once('close', () => {
    ends[how]++
    if (ends.ended + ends.reset === count) tell({ ends })
  })
}

for (let opened = 0; opened < (count ?? 0); opened += AT_ONCE) {
  const sockets = await Promise.all(Array.from({ length: Math.min(AT_ONCE, (count ?? 0) - opened) }, open))
  for (const socket of sockets) watch(socket)
}
tell({ open: count })
