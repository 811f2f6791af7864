import { chart, type StandardSchemaV1 } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { changeSensitive, type Sensitive } from '../../src/chart/index.ts'
import { type UntypedFlip, untyped } from './untyped.ts'

const secret = z.string().meta({ sensitive: true })

function marks(schema: StandardSchemaV1, options?: { readonly sensitive?: readonly string[] }): Sensitive | undefined {
  const built = chart('c', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { final: true })
    .flip('go', (f) => f.from('a').to('b').input(schema, options))
    .build()
  return built.flips.get('go')?.sensitive
}

const hidden = (sensitive: Sensitive | undefined, value: unknown): unknown =>
  sensitive === undefined ? value : changeSensitive(sensitive, value, () => '•')

const node = z.object({
  v: secret,
  get kids() {
    return z.array(node)
  },
})

const CASES: readonly (readonly [string, StandardSchemaV1, readonly string[] | undefined, unknown, unknown])[] = [
  ['nothing', z.object({ a: z.string() }), undefined, { a: 'x' }, { a: 'x' }],
  ['all of it', secret, ['(all of it)'], 'x', '•'],
  ['a member', z.object({ a: secret, b: z.string() }), ['a'], { a: 'x', b: 'y' }, { a: '•', b: 'y' }],
  ['an absent member', z.object({ a: secret.optional() }), ['a'], {}, {}],
  ['a null', z.object({ a: secret.nullable() }), ['a'], { a: null }, { a: '•' }],
  ['items', z.array(z.object({ a: secret })), ['*.a'], [{ a: 'x' }, { a: 'y' }], [{ a: '•' }, { a: '•' }]],
  ['members of a record', z.record(z.string(), secret), ['*'], { a: 'x', b: 'y' }, { a: '•', b: '•' }],
  ['a place of a tuple', z.tuple([secret, z.number()]), ['*'], ['x', 2], ['•', 2]],
  ['one side of a union', z.object({ u: z.union([z.number(), secret]) }), ['u'], { u: 3 }, { u: '•' }],
  [
    'an intersection',
    z.intersection(z.object({ a: secret }), z.object({ b: z.string() })),
    ['a'],
    { a: 'x', b: 'y' },
    { a: '•', b: 'y' },
  ],
  [
    'what comes before a transformation',
    z.object({ a: secret.transform((a) => a.length) }),
    ['a'],
    { a: 3 },
    { a: '•' },
  ],
  [
    'what comes after one',
    z.object({
      a: z
        .string()
        .transform((a) => a)
        .meta({ sensitive: true }),
    }),
    ['a'],
    { a: 'x' },
    { a: '•' },
  ],
  [
    'a schema within itself',
    node,
    ['v'],
    { v: 'x', kids: [{ v: 'y', kids: [] }] },
    { v: '•', kids: [{ v: '•', kids: [] }] },
  ],
]

describe('what a schema marks as sensitive', () => {
  test.each(CASES)('%s is found', (_, schema, paths, ...[value, expected]) => {
    const sensitive = marks(schema)
    expect(sensitive?.paths).toEqual(paths)
    expect(hidden(sensitive, value)).toEqual(expected)
  })

  test('a shared schema is found wherever it is referred to', () => {
    const shared = z.object({ x: secret }).meta({ id: 'SharedInTest' })
    const sensitive = marks(z.object({ p: shared, q: shared, r: z.object({ x: z.string() }) }))
    expect(sensitive?.paths).toEqual(['p.x', 'q.x'])
    expect(hidden(sensitive, { p: { x: 1 }, q: { x: 2 }, r: { x: 3 } })).toEqual({
      p: { x: '•' },
      q: { x: '•' },
      r: { x: 3 },
    })
  })

  test('a list of paths says it for schemas that cannot', () => {
    const plain: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } }
    expect(marks(plain)).toBeUndefined()
    const sensitive = marks(plain, { sensitive: ['card.number', 'people.*.name'] })
    expect(hidden(sensitive, { card: { number: 1, kind: 2 }, people: [{ name: 3, age: 4 }], name: 5 })).toEqual({
      card: { number: '•', kind: 2 },
      people: [{ name: '•', age: 4 }],
      name: 5,
    })
  })

  test('a list adds to what the schema marks', () => {
    expect(marks(z.object({ a: secret, b: z.string() }), { sensitive: ['b'] })?.paths).toEqual(['a', 'b'])
  })

  test('names that every object inherits are names like any other', () => {
    const sensitive = marks(z.object({ constructor: secret, toString: z.string() }))
    expect(sensitive?.paths).toEqual(['constructor'])
    expect(hidden(marks(z.object({ a: secret })), JSON.parse('{"__proto__":{"a":1},"a":2}'))).toEqual(
      JSON.parse('{"__proto__":{"a":1},"a":"•"}'),
    )
  })

  test('a schema that cannot tell is refused, unless a list says it', () => {
    const mute: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: (value) => ({ value }),
        jsonSchema: {
          input: () => {
            throw new Error('no JSON Schema of a function')
          },
          output: () => ({}),
        },
      },
    }
    expect(() => marks(mute)).toThrow(/sensitive: \[…\].*no JSON Schema of a function/)
    expect(marks(mute, { sensitive: [] })).toBeUndefined()
    expect(marks(mute, { sensitive: ['a'] })?.paths).toEqual(['a'])
  })

  test.each([
    ['a list', 'a'],
    ['paths', [3]],
    ['no empty names', ['a..b']],
    ['no empty path', ['']],
  ])('a list of paths must be %s', (_, sensitive) => {
    const declare = () =>
      untyped('c', { version: 1 })
        .phase('a', { initial: true })
        .phase('b', { final: true })
        .flip('go', (f: UntypedFlip) => f.from('a').to('b').input(z.string(), { sensitive }))
    expect(declare).toThrow(/sensitive is/)
  })

  test('marks are part of what a chart is', () => {
    const with_ = (schema: StandardSchemaV1) =>
      chart('c', { version: 1 })
        .phase('a', { initial: true })
        .phase('b', { final: true })
        .flip('go', (f) => f.from('a').to('b').input(schema))
        .build().fingerprint
    expect(with_(z.object({ a: secret }))).not.toBe(with_(z.object({ a: z.string() })))
    expect(with_(z.object({ a: z.string() }))).toBe(with_(z.object({ b: z.number() })))
  })
})
