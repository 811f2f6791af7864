import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type Crowd, type Traffic, think } from './crowd.ts'

const THINK_MS = 40

/** A WebSocket that asks for echoes all the time, and another one when it was closed, until it is refused. */
export const echoes: Traffic = async (crowd) => {
  const [{ way }] = crowd.backends
  while (!crowd.over.aborted) {
    const socket = await way.reach()
    if (socket === 'refused') {
      crowd.tally.refused++
      return
    }
    await converse(crowd, socket)
    await think(crowd, THINK_MS)
  }
}

async function converse(crowd: Crowd, connection: Socket): Promise<void> {
  const { tally } = crowd
  const socket = new WebSocket('ws://load/', { createConnection: () => connection, perMessageDeflate: false })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  if (!(await isOpen(crowd, socket))) return
  const owed: { readonly text: string; readonly sinceMs: number }[] = []
  socket.on('message', (data: Buffer) => {
    const first = owed.shift()
    if (first?.text !== data.toString()) return tally.lose(`an echo of ${first?.text}: ${data.toString()}`)
    tally.answer(performance.now() - first.sinceMs)
  })
  while (socket.readyState === WebSocket.OPEN && !crowd.over.aborted) {
    const text = String(crowd.random())
    owed.push({ text, sinceMs: performance.now() })
    socket.send(text)
    await think(crowd, THINK_MS)
  }
  // Ours is the end only when the service has not ended it already.
  if (socket.readyState === WebSocket.OPEN) return socket.terminate()
  tally.close(await closed)
  tally.echoesOwed += owed.length
}

/** Counts a handshake that came to nothing: answered with 5xx, or lost. */
async function isOpen({ tally }: Crowd, socket: WebSocket): Promise<boolean> {
  const came = await new Promise<'open' | number | Error>((resolve) => {
    socket.once('open', () => resolve('open'))
    socket.once('error', resolve)
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      resolve(statusCode)
      request.destroy()
    })
  })
  if (came === 'open') return true
  if (typeof came === 'number' && came >= 500) tally.errors++
  else tally.lose(`a handshake: ${came instanceof Error ? came.message : `answered ${came}`}`)
  return false
}
