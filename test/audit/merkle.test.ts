import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Heads, leafOf } from '../../src/audit/heads.ts'
import { EMPTY_ROOT, pathTo, rootBy, rootOf, treeOver } from '../../src/audit/merkle.ts'

// The vectors of certificate-transparency's own tests: eight leaves, the root after each, and paths.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const PATHS: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
]

const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const hex = (hash: Uint8Array | undefined): string | undefined => hash && Buffer.from(hash).toString('hex')
const hashOf = (leaf: string): Buffer => sha(Buffer.of(0), Buffer.from(leaf, 'hex'))

/** The definition of RFC 6962, word for word. */
function defined(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (first === undefined) return sha()
  if (leaves.length === 1) return first
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha(Buffer.of(1), defined(leaves.slice(0, k)), defined(leaves.slice(k)))
}

describe('the tree of RFC 6962', () => {
  test.each(ROOTS.map((root, size) => ({ root, size })))('over $size known leaves has the known root', (known) => {
    const levels = treeOver(Buffer.concat(LEAVES.slice(0, known.size).map(hashOf)))
    expect(hex(rootOf(levels))).toBe(known.root)
  })

  test.each(PATHS)('gives leaf %i of %i the known path, which leads to the known root', (index, size, path) => {
    const levels = treeOver(Buffer.concat(LEAVES.slice(0, size).map(hashOf)))
    expect(pathTo(levels, index).map(hex)).toEqual(path)
    const leaf = hashOf(LEAVES[index] ?? '')
    expect(
      hex(
        rootBy(
          leaf,
          index,
          size,
          path.map((hash) => Buffer.from(hash, 'hex')),
        ),
      ),
    ).toBe(ROOTS[size])
  })

  test('of any size is the one that the definition says, and each of its leaves has a path to its root', () => {
    for (let size = 0; size <= 70; size++) {
      const leaves = Array.from({ length: size }, (_, index) => sha(Buffer.from(`${index}`)))
      const levels = treeOver(Buffer.concat(leaves))
      const root = hex(defined(leaves))
      expect(hex(rootOf(levels))).toBe(root)
      for (const [index, leaf] of leaves.entries())
        expect(hex(rootBy(leaf, index, size, pathTo(levels, index)))).toBe(root)
    }
  })

  test('takes no path that is too long, too short, of another leaf, or of another place', () => {
    const leaves = Array.from({ length: 7 }, (_, index) => sha(Buffer.from(`${index}`)))
    const levels = treeOver(Buffer.concat(leaves))
    const leaf = leaves[2] ?? EMPTY_ROOT
    const path = pathTo(levels, 2)
    expect(rootBy(leaf, 2, 7, [...path, EMPTY_ROOT])).toBeUndefined()
    expect(rootBy(leaf, 2, 7, path.slice(1))).toBeUndefined()
    for (const index of [7, -1, 0.5]) expect(rootBy(leaf, index, 7, path)).toBeUndefined()
    const root = hex(rootOf(levels))
    expect(hex(rootBy(leaf, 3, 7, path))).not.toBe(root)
    expect(hex(rootBy(leaves[3] ?? EMPTY_ROOT, 2, 7, path))).not.toBe(root)
  })
})

describe('the heads of logs', () => {
  test('have the same root however they came: at once, one by one, changed in between', () => {
    const log = fc.constantFrom(...'abcdefghijklmnopqrstuvw'.split('').map((id) => `chart/${id}`))
    const change = fc.record({ log, n: fc.integer({ min: 1, max: 9 }), hash: fc.constantFrom('x', 'y') })
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 }), (batches) => {
        const heads = new Heads()
        for (const batch of batches) heads.apply(batch)
        const last = new Map(batches.flat().map((tip) => [tip.log, tip]))
        const sorted = [...last.values()].toSorted((a, b) => (a.log < b.log ? -1 : 1))
        expect(heads.size).toBe(sorted.length)
        expect(hex(heads.root())).toBe(hex(defined(sorted.map(leafOf))))
        for (const tip of sorted) {
          const found = heads.pathOf(tip.log)
          expect(hex(found && rootBy(leafOf(found.tip), found.index, found.size, found.path))).toBe(hex(heads.root()))
        }
      }),
    )
  })
})
