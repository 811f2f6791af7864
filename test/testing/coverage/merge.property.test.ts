import * as fc from 'fast-check'
import { type Coverage, mergeCoverage } from 'phasegate/testing'
import { expect, test } from 'vitest'

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd > e: yes', 'ä'), { maxLength: 4 })
const items = fc.record({ phases: names, flips: names, guards: names, confirms: names, steps: names, undos: names })
const charts: fc.Arbitrary<Coverage> = fc.array(
  fc.record({
    chart: fc.constantFrom('valve', 'lamp', 'valve 2'),
    version: fc.constantFrom(1, 2, 10),
    fingerprint: fc.constantFrom('f', 'g'),
    outline: items,
    seen: items,
  }),
  { maxLength: 4 },
)

test('merging does not depend on the order, nor on how often, nor on what is merged first', () => {
  void fc.assert(
    fc.property(charts, charts, charts, (a, b, c) => {
      const both = mergeCoverage(a, b)
      expect(mergeCoverage(b, a)).toEqual(both)
      expect(mergeCoverage(both, b)).toEqual(both)
      expect(mergeCoverage(both, both)).toEqual(both)
      expect(mergeCoverage(mergeCoverage(a, b), c)).toEqual(mergeCoverage(a, mergeCoverage(b, c)))
    }),
  )
})

test('merging loses nothing and adds nothing', () => {
  const facts = (data: Coverage): string[] =>
    data.flatMap(({ chart, version, fingerprint, seen }) =>
      Object.entries(seen).flatMap(([kind, names]) =>
        names.map((name) => JSON.stringify([chart, version, fingerprint, kind, name])),
      ),
    )
  void fc.assert(
    fc.property(charts, charts, (a, b) => {
      expect(new Set(facts(mergeCoverage(a, b)))).toEqual(new Set([...facts(a), ...facts(b)]))
    }),
  )
})
