import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServiceOptions, service } from 'phasegate/node'
import { handler } from '../service/handler.ts'
import { addressOf } from '../service/stage.ts'

// A service in a process of its own, told by the environment how long it is patient with whom.
export interface Patience {
  readonly deadlineMs: number
  /** 0: for ever. */
  readonly requestTimeoutMs: number
}

const { LOAD = '{}' } = process.env
const { deadlineMs, requestTimeoutMs } = JSON.parse(LOAD) as Patience
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

const timeouts = {
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  connectionsCheckingInterval: 100,
}
const server = createServer(
  timeouts,
  handler(() => true),
)
const options: ServiceOptions = {
  server,
  listen: { port: 0, host: '127.0.0.1' },
  lameDuck: { min: 300, quiet: 300, max: 1_000 },
  linger: 500,
  deadline: deadlineMs,
  log: (line) => tell({ log: line }),
}
const running = service(options)
await running.ready
const begun = process.cpuUsage()
void running.stopped.then((summary) => {
  const { user, system } = process.cpuUsage(begun)
  tell({ summary, cpuMs: (user + system) / 1_000 })
})
tell({ address: addressOf((server.address() as AddressInfo).port) })
