import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Contender, race } from './harness.ts'
import type { Library } from './library.ts'
import { Loaded, type Spent } from './loaded.ts'

/** Enough that a server always has a request to read. */
const CLIENTS = 32
/** Two processes that do the same differ by up to 5 %: so each side has several, and they take turns. */
const PROCESSES = 4
const ROUNDS = { rounds: 40, sampleMs: 80 }

const HANDLERS = { empty: 'an empty answer', json: '10 kB of JSON' }

/** What a request costs under `service()`, against the same server bare, each in processes of their own. */
export async function benchNode({ entry }: Library): Promise<void> {
  const door = pathToFileURL(`${dirname(entry)}/node.js`).href
  for (const [handler, answer] of Object.entries(HANDLERS)) {
    const bare = await several(handler)
    const served = await several(handler, door)
    const contenders = (of: (spent: Spent) => number, aim: string): readonly Contender[] => [
      { name: 'http.createServer()', sample: inTurns(bare, of) },
      { name: 'the same under service()', aim, sample: inTurns(served, of) },
    ]
    const cpu = contenders(({ cpuNs }) => cpuNs, '≤ 1.03×')
    await race(`A request for ${answer}: processor time of the server`, cpu, ROUNDS)
    const wall = contenders(({ wallNs }) => wallNs, '≥ 0.97×')
    await race(`A request for ${answer}: throughput`, wall, { ...ROUNDS, ratioOf: 'throughput' })
    for (const server of [...bare, ...served]) server.stop()
  }
}

async function several(handler: string, door?: string): Promise<readonly Loaded[]> {
  const servers: Loaded[] = []
  while (servers.length < PROCESSES) servers.push(await Loaded.start(CLIENTS, handler, door))
  return servers
}

function inTurns(servers: readonly Loaded[], of: (spent: Spent) => number): Contender['sample'] {
  let turn = 0
  return async (times) => {
    const server = servers[turn++ % servers.length]
    return server === undefined ? Number.NaN : of(await server.run(times))
  }
}
