import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { verify } from 'phasegate/audit'
import { expect, test } from 'vitest'
import { logName, seal } from '../../src/audit/index.ts'
import type { AuditEntry } from '../../src/ports/index.ts'

const RECORDS = 200_000
const LOGS = 100

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Logs that grow by turns, made as they are read; `at` is told after how many. */
function* growing(records: number, at: (count: number) => void): Generator<AuditEntry> {
  const prev: (string | undefined)[] = Array.from({ length: LOGS }, () => undefined)
  for (let count = 0; count < records; count++) {
    const subject = { chart: 'door', id: `d${count % LOGS}` }
    const n = Math.floor(count / LOGS) + 1
    const record = { n, at: 1_700_000_000_000, epoch: 1, kind: 'undone', flipId: 'f', step: 's' } as const
    const sealed = seal(subject, record, prev[count % LOGS])
    prev[count % LOGS] = sealed.hash
    at(count)
    yield { log: logName(subject), n, ...sealed }
  }
}

test('200,000 records are verified without any of them being kept', async () => {
  const used: number[] = []
  const entries = growing(RECORDS, (count) => {
    if (count % 60_000 !== 20_000) return
    gc()
    used.push(process.memoryUsage().heapUsed)
  })
  expect(await verify({ entries })).toMatchObject({ verdict: 'ok-unanchored', records: RECORDS, subjects: LOGS })
  const [first = 0, ...later] = used
  expect(later).toHaveLength(2)
  // Kept, 60,000 of them would be 40 MB.
  for (const bytes of later) expect(bytes - first).toBeLessThan(5_000_000)
})
