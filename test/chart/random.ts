import fc from 'fast-check'
import type { AnyChart } from '../../src/chart/index.ts'
import { type UntypedFlip, untyped } from './untyped.ts'

const NAMES = [
  'a',
  'b',
  'a.b',
  'a b',
  'a-b',
  'A',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'on',
  'states',
  'x.1',
  'done.state.a',
] as const

export interface Plan {
  readonly phases: readonly string[]
  /** For every phase but the first, which earlier one leads to it: so everything is reachable. */
  readonly parents: readonly number[]
  readonly extras: readonly { readonly name: string; readonly froms: readonly number[]; readonly to: number }[]
  readonly ends: boolean
  readonly timed: boolean
  readonly order: readonly number[]
}

/** A random chart that is valid. */
export const plan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc.record({
    phases: fc.shuffledSubarray([...NAMES], { minLength: size, maxLength: size }),
    parents: fc.tuple(...Array.from({ length: size - 1 }, (_, index) => fc.nat({ max: index }))),
    extras: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...NAMES),
        froms: fc.array(fc.nat({ max: size - 1 }), { minLength: 1, maxLength: 4 }),
        to: fc.nat({ max: size - 1 }),
      }),
      { selector: (extra) => extra.name, maxLength: 8 },
    ),
    ends: fc.boolean(),
    timed: fc.boolean(),
    order: fc.shuffledSubarray(
      Array.from({ length: size }, (_, index) => index),
      { minLength: size },
    ),
  }),
)

/** Leaves of the tree are final, or all lead back to the beginning: valid either way. */
export function chartOf({ phases, parents, extras, ends, timed, order }: Plan): AnyChart {
  const leaf = (index: number): boolean => !parents.includes(index)
  const name = (index: number): string => phases[index] ?? ''
  const leaves = order.filter(leaf).map(name)
  let declared = untyped('random', { version: 1 })
  for (const index of order) {
    const final = ends && leaf(index)
    const after = timed && !final ? { '1h': leaf(index) ? 'again' : `enter ${parents.indexOf(index) + 1}` } : {}
    declared = declared.phase(name(index), { initial: index === 0, final, after })
  }
  parents.forEach((parent, index) => {
    declared = declared.flip(`enter ${index + 1}`, (f: UntypedFlip) => f.from(name(parent)).to(name(index + 1)))
  })
  for (const extra of extras) {
    const froms = extra.froms.filter((from) => !(ends && leaf(from))).map(name)
    if (froms.length > 0) declared = declared.flip(extra.name, (f: UntypedFlip) => f.from(...froms).to(name(extra.to)))
  }
  return (ends ? declared : declared.flip('again', (f: UntypedFlip) => f.from(...leaves).to(name(0)))).build()
}
