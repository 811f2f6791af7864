import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pack } from '../processes/pack.ts'
import { problemsOf } from './judge.ts'
import { CONTENDERS } from './peers/index.ts'
import { installPeers, peersText } from './peers/install.ts'
import { lineOf, tablesOf } from './report.ts'
import { type Cell, type Outcome, runOnce } from './run.ts'
import { MODES } from './traffic/index.ts'

// Services are told to end while clients of many kinds ask them for things, and what the clients lose is counted.

const { values } = parseArgs({
  options: {
    /** Of each cell: a contender, a mode and a delay. */
    runs: { type: 'string', default: '10' },
    /** Others beside ours, in turns. */
    peers: { type: 'boolean', default: false },
    /** Only these, joined by `+`: some have commas in their names. */
    contenders: { type: 'string' },
    modes: { type: 'string', default: Object.keys(MODES).join('+') },
    delays: { type: 'string', default: '0,5,20' },
    /** How many runs at once: they wait most of the time. */
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    json: { type: 'string' },
  },
})

const ROOT = join(import.meta.dirname, '../..')
const CACHE = join(ROOT, 'node_modules/.cache')

/** All cells, once a run: what slows the machine for a while slows all of them. */
function cellsOf(runs: number): readonly (Cell & { readonly seed: string })[] {
  const contenders = chosen(values.contenders, values.peers ? Object.keys(CONTENDERS) : ['phasegate'], CONTENDERS)
  const modes = chosen(values.modes, [], MODES)
  const delays = values.delays.split(',').map(Number)
  return Array.from({ length: runs }, (_, run) => `${values.seed}-${run}`).flatMap((seed) =>
    modes.flatMap((mode) =>
      delays.flatMap((delayMs) => contenders.map((contender) => ({ contender, mode, delayMs, seed }))),
    ),
  )
}

function chosen<Name extends string>(
  given: string | undefined,
  otherwise: readonly string[],
  known: { readonly [name in Name]: unknown },
): readonly Name[] {
  return (given?.split('+') ?? otherwise).map((name) => {
    if (Object.hasOwn(known, name)) return name as Name
    throw new Error(`there is no "${name}"; there are: ${Object.keys(known).join(', ')}`)
  })
}

async function main(): Promise<boolean> {
  if (values.peers) installPeers()
  const machine = `${cpus().length} processors, ${platform()} ${arch()}, Node ${process.versions.node}`
  console.log(`${machine}; --seed ${values.seed}${values.peers ? `; ${peersText()}` : ''}`)
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'load-'))
  try {
    await pack({ contender: 'test/load/service/contender.ts' }, folder)
    const outcomes = await runAll(join(folder, 'contender.js'))
    console.log(`\n${tablesOf(outcomes)}`)
    if (values.json !== undefined) {
      const how = Object.fromEntries(Object.entries(CONTENDERS).map(([name, contender]) => [name, contender.how]))
      writeFileSync(values.json, JSON.stringify({ machine, peers: peersText(), how, outcomes }, null, 1))
    }
    const wrong = outcomes.filter((one) => one.contender === 'phasegate' && problemsOf(one).length > 0)
    console.log(`\n${wrong.length} of our runs did not keep what is promised`)
    return wrong.length === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runAll(file: string): Promise<readonly Outcome[]> {
  const left = [...cellsOf(Number(values.runs))]
  const outcomes: Outcome[] = []
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const outcome = await runOnce(file, next, next.seed).catch((error: unknown) => notRun(next, error))
      if (outcome === undefined) continue
      outcomes.push(outcome)
      console.log(lineOf(outcome))
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  return outcomes
}

/** Not every contender speaks everything. */
function notRun({ contender, mode, delayMs }: Cell, error: unknown): undefined {
  if (contender === 'phasegate') throw error
  console.log(`${contender}, ${mode}, ${delayMs} ms: not run: ${String(error).split('\n')[0]}`)
}

process.exitCode = (await main()) ? 0 : 1
