import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHeader } from '../../src/audit/said.ts'
import type { Body } from '../../src/ports/index.ts'
import { entryOf, logOf } from './chains.ts'

const BODIES: readonly Body[] = [
  { kind: 'undone', flipId: 'f', step: 's' },
  { kind: 'cancelRequested', flipId: 'f', actor: { id: 'kim' }, reason: 'changed my mind' },
  { kind: 'pruned', before: 5, actor: { id: 'kim "the operator"\n' }, reason: 'old' },
]
const log = logOf('é"7', 6, (n) => BODIES[n % BODIES.length] as Body)

/** What JSON says of the members that are read; undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    const { kind, log: name, n, payload, prev } = JSON.parse(text)
    return { kind, log: name, n, payload, prev }
  } catch {
    return undefined
  }
}

function read(text: string): unknown {
  try {
    const { kind, log: name, n, payload, prev } = readHeader(text) ?? {}
    return { kind, log: name, n, payload, prev }
  } catch {
    return undefined
  }
}

describe('a header, read by its usual form,', () => {
  test('says what it says as JSON', () => {
    for (const { header } of log) expect(read(header)).toStrictEqual(parsed(header))
  })

  test('says so whatever is done to it', () => {
    const piece = fc.constantFrom(
      '',
      '"',
      '0',
      '9',
      '-',
      '.',
      ',',
      '{',
      '}',
      '\\',
      'a',
      '":',
      '"prev":"",',
      '"n":3,',
      '\n',
      ' ',
      '\u007f',
      '\ud800',
    )
    const edit = fc.tuple(fc.nat(), fc.nat(4), piece)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(edit, { maxLength: 3 }), (n, edits) => {
        let { header } = entryOf(log, n)
        for (const [at, cut, put] of edits) {
          const from = at % (header.length + 1)
          header = header.slice(0, from) + put + header.slice(from + cut)
        }
        expect(read(header)).toStrictEqual(parsed(header))
      }),
      { numRuns: 5_000 },
    )
  })
})
