import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { auditTrail, callbackSink, type Feed } from 'phasegate/audit'
import { expect, test } from 'vitest'
import { seal } from '../../src/audit/index.ts'
import { recordOf } from '../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

const RECORDS = 20_000
const BYTES = 4_000
const MEGABYTE = 1024 * 1024
const sample = seal({ chart: 'sample', id: 'a' }, recordOf(1), undefined)

/** A journal that makes up its records when it is asked for them: whoever holds one holds memory. */
function endless(): Feed {
  let bookmark: string | undefined
  return {
    async feed(after, limit) {
      const from = Number(after ?? 0)
      const to = Math.min(RECORDS, from + limit)
      const entries = Array.from({ length: to - from }, (_, index) => ({
        subject: { chart: 'sample', id: 'a' },
        sealed: { ...sample, payload: Buffer.alloc(BYTES, String((from + index) % 10)).toString() },
      }))
      return { entries, cursor: String(to), more: to < RECORDS, withheld: false }
    },
    async *tips() {},
    bookmark: async () => bookmark,
    async moveBookmark(_name, _from, to) {
      bookmark = to
      return true
    },
  }
}

function usedMegabytes(collect: () => void): number {
  collect()
  return process.memoryUsage().heapUsed / MEGABYTE
}

test('a sink that was down for an hour, and is then given all it missed, never costs more memory than a batch', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const clock = virtualClock()
  let isDown = true
  let taken = 0
  let highest = 0
  const before = usedMegabytes(collect)
  const sink = callbackSink((entries) => {
    if (!isDown && taken % 2_000 === 0) highest = Math.max(highest, usedMegabytes(collect) - before)
    if (isDown) throw new Error('down')
    taken += entries.length
  })
  const trail = auditTrail(endless(), { name: 'main', sinks: { sink }, clock })
  trail.on('failed', () => undefined)
  trail.start()
  await clock.advance(3_600_000)
  isDown = false
  await trail.drain({ within: '1h' })
  await trail.close()
  expect(taken).toBe(RECORDS)
  // All together are 80 MB, a batch is 0.4 MB.
  expect(highest).toBeLessThan(8)
})
