import { type ServiceOptions, service } from 'phasegate/node'
import { type Address, addressOf, type Stage } from './stage.ts'

/**
 * Shorter than the defaults, so that a run is bounded, and not too short: clients on a machine with much else to do may
 * not get to run for half a second. The lame duck outlasts a balancer that learns of it a second late.
 */
export const OURS = {
  lameDuck: { min: 300, quiet: 500, max: 2_000 },
  linger: 2_000,
  deadline: 5_000,
} as const satisfies Partial<ServiceOptions>

/** A service of ours, with nothing around it. */
export async function ours({ server, webSockets }: Stage, tell: (event: object) => void): Promise<Address> {
  const running = service({
    ...OURS,
    server,
    webSockets: webSockets === undefined ? [] : [webSockets],
    listen: { port: 0, host: '127.0.0.1' },
    log: (line) => tell({ log: line }),
  })
  void running.stopped.then((summary) => tell({ summary }))
  await running.ready
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not on a port')
  return addressOf(address.port)
}
