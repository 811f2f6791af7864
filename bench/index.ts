import { availableParallelism, cpus, loadavg } from 'node:os'
import { benchFile } from './file.ts'
import { benchFlip } from './flip.ts'
import { benchLegality } from './legality.ts'
import { buildLibrary, type Library } from './library.ts'
import { benchPermits } from './permits.ts'
import { benchPostgres } from './postgres.ts'
import { benchRedis } from './redis.ts'
import { benchStart } from './start.ts'

const CASES: { readonly [name: string]: (library: Library) => Promise<void> } = {
  legality: benchLegality,
  flip: benchFlip,
  permits: benchPermits,
  file: benchFile,
  redis: benchRedis,
  postgres: benchPostgres,
  start: benchStart,
}

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
for (const [name, run] of Object.entries(CASES)) if (asked.length === 0 || asked.includes(name)) await run(library)
