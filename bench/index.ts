import { availableParallelism, cpus, loadavg } from 'node:os'
import { benchExplore } from './explore.ts'
import { benchFile } from './file.ts'
import { benchFlip } from './flip.ts'
import { benchLegality } from './legality.ts'
import { buildLibrary, type Library } from './library.ts'
import { benchNode } from './node.ts'
import { benchPermits } from './permits.ts'
import { benchPostgres } from './postgres.ts'
import { benchPostgresPeers } from './postgres-peers.ts'
import { benchPostgresScale } from './postgres-scale.ts'
import { benchRedis } from './redis.ts'
import { benchRedisPeers } from './redis-peers.ts'
import { benchStart } from './start.ts'
import { benchVerify } from './verify.ts'

interface Cases {
  readonly [name: string]: (library: Library) => Promise<void>
}

const ALWAYS: Cases = {
  legality: benchLegality,
  flip: benchFlip,
  permits: benchPermits,
  node: benchNode,
  file: benchFile,
  redis: benchRedis,
  postgres: benchPostgres,
  start: benchStart,
  verify: benchVerify,
  explore: benchExplore,
}

/** Only when asked for by name: these install what they compare with, or fill a disk. */
const ON_REQUEST: Cases = {
  'postgres-peers': benchPostgresPeers,
  'postgres-scale': benchPostgresScale,
  'redis-peers': benchRedisPeers,
}
const CASES: Cases = { ...ALWAYS, ...ON_REQUEST }

const [, , ...asked] = process.argv
const unknown = asked.filter((name) => !(name in CASES))
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are: ${Object.keys(CASES).join(', ')}`)
  process.exit(1)
}

const [load = 0] = loadavg()
console.log(
  `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${load.toFixed(1)}`,
)
if (load > 0.5) console.log('the machine has other work: judge by the fastest of each line, and repeat')
console.log('median, min – max, ratio to the first line of each block, and what it should be')
const library = await buildLibrary()
const chosen = asked.length === 0 ? Object.keys(ALWAYS) : Object.keys(CASES).filter((name) => asked.includes(name))
for (const name of chosen) await CASES[name]?.(library)
