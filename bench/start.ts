import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { measure, print } from './harness.ts'
import { type Library, SCRATCH } from './library.ts'

/** What importing the front door adds to the start of Node. */
export async function benchStart({ entry }: Library): Promise<void> {
  const empty = `${SCRATCH}/empty.mjs`
  writeFileSync(empty, '')
  const timings = await measure(
    [
      { name: 'node on an empty module', sample: () => start(empty) },
      { name: 'node on the front door', aim: '≤ 30 ms more', sample: () => start(entry) },
    ],
    { rounds: 31, sampleMs: 0 },
  )
  const [bare] = timings
  console.log('\nThe start of a process')
  for (const timing of timings) print(timing, `${((timing.median - (bare?.median ?? 0)) / 1e6).toFixed(1)} ms`)
}

function start(module: string): number {
  const begin = process.hrtime.bigint()
  const { status } = spawnSync(process.execPath, [module])
  if (status !== 0) throw new Error(`${module} ended with ${status}`)
  return Number(process.hrtime.bigint() - begin)
}
