import {
  auditSinkContract,
  checkpointSinkContract,
  clockContract,
  journalContract,
  lockContract,
  secretsContract,
  transactContract,
} from 'phasegate/testing'
import {
  type Broken,
  brokenCheckpoints,
  brokenClocks,
  brokenFeeds,
  brokenJournals,
  brokenLocks,
  brokenSecrets,
  brokenSinks,
  brokenTransactions,
} from './broken/index.ts'

/** A case of a suite, for harnesses of one kind. */
interface Case<Harness> {
  readonly promise: number
  readonly name: string
  run(harness: Harness): Promise<void>
}

/** What a suite makes of a broken adapter. */
export interface Verdict {
  readonly port: string
  readonly broken: string
  /** The promise that it was bent to break. */
  readonly breaks: number
  /** The cases that it does not pass. */
  readonly caughtBy: readonly { readonly promise: number; readonly name: string }[]
}

/** Nothing here waits for real: what has not ended by then never will. */
const PATIENCE_MS = 500

/** The cases that a harness does not pass. They run side by side, each with a harness of its own. */
async function failing<Harness>(
  contract: readonly Case<Harness>[],
  harness: () => Harness,
): Promise<readonly Case<Harness>[]> {
  const passed = await Promise.all(contract.map((one) => inTime(one.run(harness()))))
  return contract.filter((_, index) => !passed[index])
}

async function inTime(running: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false)
  })
  const passed = running.then(
    () => true,
    () => false,
  )
  return await Promise.race([passed, hung]).finally(() => clearTimeout(timer))
}

/** A suite, and the adapters that are broken for it. */
interface Bench {
  readonly port: string
  readonly cases: readonly { readonly promise: number; readonly name: string }[]
  verdicts(): Promise<readonly Verdict[]>
}

function bench<Harness>(port: string, contract: readonly Case<Harness>[], broken: readonly Broken<Harness>[]): Bench {
  const verdicts = async (): Promise<readonly Verdict[]> => {
    const found: Verdict[] = []
    for (const { name, breaks, harness } of broken)
      found.push({ port, broken: name, breaks, caughtBy: await failing(contract, harness) })
    return found
  }
  return { port, cases: contract, verdicts }
}

/** Every suite of phasegate/testing, with what it is there to catch. */
export const benches: readonly Bench[] = [
  bench('Journal', journalContract, [...brokenJournals, ...brokenFeeds]),
  bench('TransactionalJournal', transactContract, brokenTransactions),
  bench('Lock', lockContract, brokenLocks),
  bench('AuditSink', auditSinkContract, brokenSinks),
  bench('CheckpointSink', checkpointSinkContract, brokenCheckpoints),
  bench('Secrets', secretsContract, brokenSecrets),
  bench('Clock', clockContract, brokenClocks),
]
