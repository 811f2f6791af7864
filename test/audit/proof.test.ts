import { checkProof, newSigningKey, prove, type RecordProof, signer } from 'phasegate/audit'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeCheckpoint, sha256 } from '../../src/audit/index.ts'
import type { AuditCheckpoint, AuditEntry } from '../../src/ports/index.ts'
import { changed, entryOf, logOf, tipOf } from './chains.ts'

const key = newSigningKey('example.com/doors')
const AT = Date.UTC(2026, 10, 21)
const logs = ['a', 'b', 'c', 'd', 'e'].map((id) => logOf(id, 6))
const [a = [], , c = []] = logs

function checkpoints(): AuditCheckpoint[] {
  const first = makeCheckpoint(
    logs.slice(1).map((log) => tipOf(log, 2)),
    undefined,
    signer(key.key),
    AT,
  )
  const second = makeCheckpoint(
    logs.map((log) => tipOf(log, 5)),
    first.state,
    signer(key.key),
    AT + 1,
  )
  return [first.checkpoint, second.checkpoint]
}

function journalOf(entries: readonly AuditEntry[]) {
  return {
    async *history(_: unknown, { from = 1, to = entries.length } = {}) {
      yield* entries.slice(from - 1, to)
    },
  }
}

const given = (n: number, entries: readonly AuditEntry[] = c) => ({
  journal: journalOf(entries),
  checkpoints: checkpoints(),
  subject: { chart: 'door', id: 'c' },
  n,
})

describe('the proof of a record', () => {
  test.each([1, 3, 5])('convinces who has nothing but the key, of record %i', async (n) => {
    const proof: RecordProof = JSON.parse(JSON.stringify(await prove(given(n))))
    expect(checkProof(proof, [key.verifier])).toEqual({
      type: 'proven',
      log: 'door/c',
      n,
      seq: 2,
      at: AT + 1,
      isRedacted: false,
    })
    expect(proof.record.payload).toBe(entryOf(c, n).payload)
    expect(JSON.stringify(proof)).not.toMatch(/door\/[abde]/)
  })

  test('holds for a payload that was dropped, and says so', async () => {
    const proof = await prove(given(2, changed(c, 2, { payload: '' })))
    expect(checkProof(proof, [key.verifier])).toMatchObject({ type: 'proven', n: 2, isRedacted: true })
  })

  test.each([6, 7])('is not to be had of record %i, which no checkpoint is over', async (n) => {
    await expect(prove(given(n))).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
  })

  test('is not to be had from checkpoints that do not hold', async () => {
    const [first, second] = checkpoints()
    const spoilt = { ...given(1), checkpoints: [first, { ...second, changed: [] }] as AuditCheckpoint[] }
    await expect(prove(spoilt)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  describe('convinces nobody', () => {
    let proof: RecordProof
    beforeAll(async () => {
      proof = await prove(given(3))
    })
    const unproven = (change: Partial<RecordProof>, keys: readonly string[] = [key.verifier]) =>
      expect(checkProof({ ...proof, ...change }, keys).type).toBe('unproven')

    test('who does not trust the key', () => {
      unproven({}, [])
      unproven({}, [newSigningKey('example.com/doors').verifier])
    })

    test.each([undefined, 'x', {}, { tip: null }, { path: 'x' }, { index: '1' }, { headers: [1] }])(
      'with %j',
      (odd) => {
        const given = typeof odd === 'object' && Object.keys(odd).length > 0 ? { ...proof, ...odd } : odd
        expect(checkProof(given as never, [key.verifier])).toMatchObject({
          type: 'unproven',
          problem: expect.stringContaining('form'),
        })
      },
    )

    test('with another note', () => {
      unproven({ note: 'x' })
      unproven({ note: proof.note.replace('seq 2', 'seq 3') })
      unproven({ note: checkpoints()[0]?.note ?? '' })
    })

    test('with another place in the tree', () => {
      unproven({ index: proof.index + 1 })
      unproven({ path: proof.path.slice(1) })
      unproven({ path: proof.path.with(0, '!') })
      unproven({ tip: { ...proof.tip, n: 6 } })
    })

    test('with another record', () => {
      unproven({ record: { ...proof.record, payload: '{}' } })
      unproven({ record: { ...proof.record, header: proof.record.header.replace('"n":3', '"n":2') } })
      unproven({ record: entryOf(a, 3) })
      unproven({ record: entryOf(c, 2) })
    })

    test('with other headers', () => {
      unproven({ headers: proof.headers.slice(1) })
      unproven({ headers: [] })
      unproven({ headers: [...proof.headers, entryOf(c, 6).header] })
      unproven({ headers: proof.headers.with(0, entryOf(a, 4).header) })
    })

    test('with a record made up, and headers that follow it', () => {
      const header = proof.record.header.replace('"epoch":1', '"epoch":2')
      unproven({ record: { ...proof.record, header, hash: sha256(header) } })
    })
  })
})
