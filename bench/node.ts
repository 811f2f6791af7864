import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Contender, race } from './harness.ts'
import type { Library } from './library.ts'
import { Loaded, type Spent } from './loaded.ts'

/** Enough that a server always has a request to read. */
const CLIENTS = 32
const ROUNDS = { rounds: 31, sampleMs: 100 }

const HANDLERS = { empty: 'an empty answer', json: '10 kB of JSON' }

/** What a request costs under `service()`, against the same server bare, each in a process of its own. */
export async function benchNode({ entry }: Library): Promise<void> {
  const door = pathToFileURL(`${dirname(entry)}/node.js`).href
  for (const [handler, answer] of Object.entries(HANDLERS)) {
    const bare = await Loaded.start(CLIENTS, handler)
    const served = await Loaded.start(CLIENTS, handler, door)
    const contenders = (of: (spent: Spent) => number, aim: string): readonly Contender[] => [
      { name: 'http.createServer()', sample: async (times) => of(await bare.run(times)) },
      { name: 'the same under service()', aim, sample: async (times) => of(await served.run(times)) },
    ]
    const cpu = contenders(({ cpuNs }) => cpuNs, '≤ 1.03×')
    await race(`A request for ${answer}: processor time of the server`, cpu, ROUNDS)
    const wall = contenders(({ wallNs }) => wallNs, '≥ 0.97×')
    await race(`A request for ${answer}: throughput`, wall, { ...ROUNDS, ratioOf: 'throughput' })
    bare.stop()
    served.stop()
  }
}
