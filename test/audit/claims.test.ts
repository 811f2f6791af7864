import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, Claims } from '../../src/audit/claims.ts'
import { sha256 } from '../../src/audit/index.ts'

test('claims about several logs are given by growing number, each once, whatever order they came in', () => {
  const hash = fc.constantFrom(sha256('x'), sha256('y'))
  const claim = fc.record({ log: fc.nat(2), n: fc.integer({ min: 1, max: 99 }), hash, seq: fc.constant(1) })
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 200 }), (given) => {
      const claims = new Claims()
      const lists = [Claims.none(), Claims.none(), Claims.none()]
      for (const { log, ...one } of given) claims.add(lists[log] ?? Claims.none(), one)
      for (const [log, list] of lists.entries()) {
        const numbers: number[] = []
        const taken = new Set<string>()
        for (let next: Claim | undefined; (next = claims.peek(list)) !== undefined; claims.shift(list)) {
          expect(claims.peekNumber(list)).toBe(next.n)
          numbers.push(next.n)
          taken.add(`${next.n} ${next.hash}`)
        }
        const wanted = given.filter((one) => one.log === log)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        expect(taken).toEqual(new Set(wanted.map(({ n, hash: its }) => `${n} ${its}`)))
        expect(claims.peekNumber(list)).toBe(Number.POSITIVE_INFINITY)
      }
    }),
  )
})
