import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'

// Puts a service under load, ends it with SIGTERM in the middle, asks on for as long as a balancer may that has not noticed,
// and counts. A process of its own, so that it counts what a client sees.

const CLIENTS = 24
const BEFORE_MS = 1_000
const AFTER_MS = 1_000

interface Tally {
  placed: number
  read: number
  reports: number
  failed: number
  readonly lost: string[]
}

const { values, positionals } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true })
const [pid, port] = [Number(positionals[0]), Number(values.port ?? 8080)]
if (!Number.isInteger(pid) || pid <= 0) throw new Error('whom to end? Give the pid of the service')

const tally: Tally = { placed: 0, read: 0, reports: 0, failed: 0, lost: [] }
let isAsking = true
await listening()
const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
await pause(BEFORE_MS)
const before = tally.placed + tally.read + tally.reports
const endedAtMs = performance.now()
process.kill(pid, 'SIGTERM')
await pause(AFTER_MS)
isAsking = false
await clients
while (isAlive()) await pause(50)

const { placed, read, reports, failed, lost } = tally
const since = placed + read + reports - before
console.log(`${placed} orders placed, ${read} read, ${reports} reports; ${since} of them since SIGTERM`)
console.log(
  `${failed} answered with another status than 2xx, ${lost.length} lost${lost.length > 0 ? `: ${lost[0]}` : ''}`,
)
console.log(`it ended ${((performance.now() - endedAtMs) / 1_000).toFixed(1)} s after SIGTERM`)
process.exitCode = lost.length + failed === 0 && since > 0 ? 0 : 1

/** One request after the other on a connection that it keeps: every eighth client wants reports, the others order and read. */
async function client(number: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let turn = number; isAsking; turn++) {
    if (number % 8 === 0) await ask(agent, 'reports', 'GET', '/report')
    else if (turn % 2 === 0) await ask(agent, 'placed', 'POST', '/orders')
    else await ask(agent, 'read', 'GET', '/orders')
  }
  agent.destroy()
}

function ask(agent: Agent, what: 'placed' | 'read' | 'reports', method: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const lose = (error: Error): void => {
      tally.lost.push(`${method} ${path}: ${error.message}`)
      resolve()
    }
    const headers = { 'Content-Type': 'application/json' }
    const asked = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      response.on('error', lose).on('end', () => {
        const isGood = response.statusCode !== undefined && response.statusCode < 300
        tally[isGood ? what : 'failed']++
        resolve()
      })
      response.resume()
    })
    asked.on('error', lose).end(method === 'POST' ? JSON.stringify({ item: 'tea' }) : undefined)
  })
}

/** The service may still be starting. */
async function listening(): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/orders`, { headers: { Connection: 'close' } }).catch(
      () => undefined,
    )
    await answer?.text()
    if (answer?.ok === true) return
    if (!isAlive()) throw new Error(`there is no process ${pid}`)
    await pause(50)
  }
}

function isAlive(): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
