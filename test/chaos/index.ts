import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { hasPostgres, INSTALL_POSTGRES, type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { type PostgresProxy, startProxy } from '../servers/proxy.ts'
import { type Aftermath, clearUp } from './aftermath.ts'
import { furnace } from './chart.ts'
import { type Judgement, judge } from './check/index.ts'
import { Crew } from './crew.ts'
import { chroniclesOf, type Evidence } from './evidence.ts'
import { makeLedger, pool, postgresLedger, readLedger, readSales } from './ledger.ts'
import { seeded } from './random.ts'
import { countsOf, linesOf, writeEvidence, writeResults } from './report.ts'
import { Storm } from './storm.ts'

// Many processes flip the same subjects through one PostgreSQL, while processes are killed and stopped, connections are
// cut and the server dies; then it is judged whether anything was lost, doubled or half done.

const LEASE_MS = 1_800
const POLL_MS = 500
const FINISH_WITHIN_MS = 40_000
/** In so long a time everything happens at least once. */
const ENOUGH_MS = 30_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    workers: { type: 'string', default: '8' },
    subjects: { type: 'string', default: '200' },
    json: { type: 'string' },
    /** Where to leave everything that was judged, for a closer look. */
    evidence: { type: 'string' },
  },
})

const begun = performance.now()
const say = (line: string): void => console.log(line)
const progress = (what: string): void =>
  say(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${what}`)

async function main(): Promise<boolean> {
  const { seconds, seed, workers, subjects } = values
  say(`chaos: ${seconds} s, ${workers} processes, ${subjects} subjects, --seed ${seed}`)
  const server = await startPostgres({ fsync: true })
  const proxy = await startProxy({ target: server.port })
  const direct = pool(server.port, 8)
  try {
    return await rage(server, proxy, direct)
  } finally {
    proxy.stop()
    await direct.end()
    await server.stop()
  }
}

async function rage(server: PostgresServer, proxy: PostgresProxy, direct: pg.Pool): Promise<boolean> {
  const forMs = Number(values.seconds) * 1_000
  await migrate(direct)
  await makeLedger(direct)
  const crew = new Crew(Number(values.workers), {
    seed: values.seed,
    subjects: Number(values.subjects),
    journalPort: proxy.port,
    ledgerPort: server.port,
    leaseMs: LEASE_MS,
    pollMs: POLL_MS,
    begunAt: Date.now(),
  })
  await crew.start()
  progress('everybody works')
  const storm = new Storm({ crew, server, proxy, random: seeded(values.seed), leaseMs: LEASE_MS, forMs })
  await storm.blow()
  progress('the storm is over')
  const hung = await crew.finish(FINISH_WITHIN_MS)
  const journal = postgresJournal(direct)
  const aftermath = await clearUp({ journal, ledger: postgresLedger(direct), leaseMs: LEASE_MS })
  progress('nothing is in progress any more')
  const evidence: Evidence = {
    chart: furnace.name,
    chronicles: await chroniclesOf(journal, furnace.name),
    ledger: await readLedger(direct),
    sales: await readSales(direct),
    acknowledged: crew.told.acknowledged,
  }
  const findings = [...(await judge(evidence)), ...ourselves({ crew, hung, aftermath, storm, proxy, forMs })]
  const judgements = forMs < ENOUGH_MS ? findings : findings.map(notOfNothing)
  say(
    `storm: ${storm.counts}; cuts: ${Object.entries(proxy.counts)
      .map(([where, count]) => `${where} ${count}`)
      .join(', ')}`,
  )
  say(`cleared up: ${aftermath.done}`)
  for (const line of [...countsOf(crew.told, evidence), ...linesOf(judgements)]) say(line)
  if (values.json !== undefined) writeResults(values.json, judgements)
  if (values.evidence !== undefined) writeEvidence(values.evidence, evidence)
  progress('judged')
  return judgements.every(({ problems }) => problems.length === 0)
}

/** What had nothing to look at holds for no reason. */
function notOfNothing(judgement: Judgement): Judgement {
  return judgement.looked > 0 ? judgement : { ...judgement, problems: ['there was nothing to look at'] }
}

interface Run {
  readonly crew: Crew
  readonly hung: number
  readonly aftermath: Aftermath
  readonly storm: Storm
  readonly proxy: PostgresProxy
  readonly forMs: number
}

/** What must hold of the run itself. */
function ourselves({ crew, hung, aftermath, storm, proxy, forMs }: Run): readonly Judgement[] {
  const { asked, unforeseen } = crew.told
  const counts = { ...proxy.counts, kills: storm.counts.of('workers killed'), servers: storm.counts.of('server kills') }
  const calm = Object.entries(counts).filter(([, count]) => count === 0)
  return [
    {
      name: 'every call was answered, and every process ended when it was told to',
      looked: asked,
      problems: hung === 0 ? [] : [`${hung} processes did not`],
    },
    { name: 'nothing unforeseen happened in a process', looked: asked, problems: unforeseen },
    { name: 'every flip could be brought to an end', looked: asked, problems: aftermath.left },
    {
      name: 'there was a storm',
      looked: Object.keys(counts).length,
      problems: forMs < ENOUGH_MS ? [] : calm.map(([what]) => `no ${what}`),
    },
  ]
}

if (hasPostgres()) process.exitCode = (await main()) ? 0 : 1
else {
  say(`PostgreSQL is not installed: ${INSTALL_POSTGRES}`)
  process.exitCode = 1
}
