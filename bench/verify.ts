import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AuditEntry, VerifyReport } from 'phasegate/audit'
import { logName, sealAll, sha256 } from '../src/audit/index.ts'
import { race, timedAsync } from './harness.ts'
import { type Library, SCRATCH } from './library.ts'

const LOGS = 50
const EACH = 400

/** Verifying, beside nothing but the SHA-256 of the same bytes. */
export async function benchVerify({ fileSink, verify }: Library): Promise<void> {
  const entries = mixed()
  const texts = entries.map(({ header, payload }) => header + payload)
  const bytes = Buffer.from(texts.join(''))
  const folder = await mkdtemp(`${SCRATCH}/verify-`)
  const sink = fileSink(`${folder}/sink`)
  await sink.write(entries)
  await sink.close()
  await race(
    `Verifying ${entries.length} records of ${Math.round(bytes.length / entries.length)} bytes (a ratio of throughputs)`,
    [
      {
        name: 'SHA-256, a record at a time',
        sample: timedAsync(async () => {
          for (const text of texts) sha256(text)
        }),
      },
      {
        name: 'SHA-256, all at once',
        sample: timedAsync(async () => void createHash('sha256').update(bytes).digest()),
      },
      {
        name: 'verify, of records in memory',
        aim: '≥ 0.2×',
        sample: timedAsync(async () => check(await verify({ entries }), entries)),
      },
      {
        name: 'verify, of a file sink',
        sample: timedAsync(async () => check(await verify({ folder: `${folder}/sink` }), entries)),
      },
    ],
    // Each does all of them once.
    { ratioOf: 'throughput', sampleMs: 0 },
  )
  await rm(folder, { recursive: true })
}

function check({ verdict, records }: VerifyReport, entries: readonly AuditEntry[]): void {
  if (verdict !== 'ok-unanchored' || records !== entries.length) throw new Error(`${verdict}, ${records} records`)
}

/** Logs that grow by turns, as a journal seals them. */
function mixed(): AuditEntry[] {
  const logs = Array.from({ length: LOGS }, (_, index) => logOf(`door-${index}`))
  return Array.from({ length: EACH }, (_, index) => logs.flatMap((log) => log[index] ?? [])).flat()
}

function logOf(id: string): AuditEntry[] {
  const subject = { chart: 'door', id }
  const records = Array.from({ length: EACH }, (_, index) => ({
    n: index + 1,
    at: 1_700_000_000_000 + index,
    epoch: 1,
    kind: 'undone' as const,
    flipId: '1f0c3a5b7d9e',
    step: 's',
  }))
  return sealAll(subject, records, undefined).map((sealed, index) => ({
    log: logName(subject),
    n: index + 1,
    ...sealed,
  }))
}
