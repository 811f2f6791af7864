import { chart, createGate, deny, type Journal } from 'phasegate'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { kinds, over, records, stage } from './stage.ts'

const box = chart('box', { version: 1 })
  .deps<{ run(): unknown; guard(): unknown }>()
  .phase('closed', { initial: true })
  .phase('open')
  .flip('open', (f) =>
    f
      .from('closed')
      .to('open')
      .input(z.any())
      .guard('may', ({ deps }) => deps.guard() as boolean)
      .step('lift', { run: ({ deps }) => deps.run(), compensate: () => undefined }),
  )
  .flip('shut', (f) => f.from('open').to('closed'))
  .build()

function open(run: () => unknown = () => undefined, guard: () => unknown = () => true) {
  const shared = stage()
  let writes = 0
  const journal = over(shared.journal, {
    append: (subject, append) => {
      writes += 1
      return shared.journal.append(subject, append)
    },
  })
  const gate = createGate(box, { ...shared, journal, deps: { run, guard } })
  return { ...shared, gate, box: gate.subject('box-1'), writes: () => writes }
}

/** What somebody without types may pass. */
const any = (value: unknown): never => value as never
const circle: Record<string, unknown> = {}
circle.self = circle
class Point {
  readonly x = 1
}

const gateOptions: [string, unknown][] = [
  ['gate options', 7],
  ['gate options', null],
  ['gate options.jurnal', { jurnal: {} }],
  ['journal', { journal: {} }],
  ['journal', { journal: { ...over({} as Journal, {}), heads: undefined } }],
  ['lock', { lock: 'redis' }],
  ['clock', { clock: Date }],
  ['random', { random: 0.5 }],
  ['leaseTtl', { leaseTtl: '15 s' }],
  ['leaseTtl', { leaseTtl: 0 }],
  ['leaseTtl', { leaseTtl: null }],
  ['poll', { poll: -1 }],
  ['authorize', { authorize: true }],
  ['authorize', { authorize: ['sre'] }],
  ['authorizeTimeout', { authorizeTimeout: 0 }],
  ['authorizeTimeout', { authorizeTimeout: 'soon' }],
]
test.each(gateOptions)('a gate refuses a wrong %s, by name: %o', (option, options) => {
  expect(() => createGate(box, any(options))).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
  )
})

test('a gate refuses what is no chart', () => {
  for (const chartish of [undefined, null, {}, 'box', chart('c', { version: 1 })])
    expect(() => createGate(any(chartish), any({}))).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})

const subjectNames: unknown[] = [undefined, null, '', 'x'.repeat(300), 'half a \ud83d smile', 7, {}]
test.each(subjectNames)('a subject cannot be called %o', (name) => {
  const facts = expect.objectContaining({ option: 'the name of a subject' })
  expect(() => open().gate.subject(any(name))).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', facts }))
})

test('a subject may be called anything that is text: paths, quotes, control characters, names of members', async () => {
  for (const name of [
    '../../etc/passwd',
    'a\0b',
    '"; drop',
    '__proto__',
    'constructor',
    ' ',
    '漢字 🚦',
    'x'.repeat(255),
  ]) {
    const { gate } = open()
    expect((await gate.subject(name).flip('open', 1)).to).toBe('open')
    expect(await records(gate.subject(name))).toHaveLength(3)
  }
})

const flipOptions: [string, unknown][] = [
  ['flip options', 'k'],
  ['flip options', null],
  ['flip options.keey', { keey: 'k' }],
  ['key', { key: '' }],
  ['key', { key: 'k'.repeat(300) }],
  ['key', { key: 'schlüssel' }],
  ['key', { key: 'a\nb' }],
  ['key', { key: 7 }],
  ['key', { key: null }],
  ['actor', { actor: 'kim' }],
  ['actor', { actor: null }],
  ['actor.id', { actor: {} }],
  ['actor.id', { actor: { id: ' ' } }],
  ['actor.id', { actor: { id: 'system:timer' } }],
  ['actor.roles', { actor: { id: 'kim', roles: 'sre' } }],
  ['actor.roles[1]', { actor: { id: 'kim', roles: ['sre', 7] } }],
  ['actor.role', { actor: { id: 'kim', role: 'sre' } }],
  ['wait', { wait: 'long' }],
  ['wait', { wait: Number.POSITIVE_INFINITY }],
  ['join', { join: 'no' }],
  ['trace', { trace: 7 }],
]
test.each(flipOptions)('a flip refuses a wrong %s, by name, and writes nothing: %o', async (option, options) => {
  const { box, writes } = open()
  const error = { code: 'OPTION_INVALID', facts: { option } }
  expect((await box.safeFlip('open', 1, any(options))).error).toMatchObject(error)
  await expect(box.flip('open', 1, any(options))).rejects.toMatchObject(error)
  await expect(box.explain('open', 1, any(options))).rejects.toMatchObject(error)
  expect(writes()).toBe(0)
})

test.each(['', 'dive', 'constructor', '__proto__', 'toString', undefined, null, 7, 7n, Symbol('x'), circle])(
  'a flip called %o is unknown',
  async (name) => {
    const { box, writes } = open()
    expect((await box.safeFlip(any(name), any(undefined))).error).toMatchObject({
      code: 'FLIP_UNKNOWN',
      facts: { known: ['open', 'shut'] },
    })
    await expect(box.explain(any(name))).rejects.toMatchObject({ code: 'FLIP_UNKNOWN' })
    expect(writes()).toBe(0)
  },
)

const unrecordable: [string, unknown][] = [
  ['the input', new Date(0)],
  ['the input.at[0]', { at: [Number.NaN] }],
  ['the input.count', { count: 1n }],
  ['the input.go', { go: () => undefined }],
  ['the input.tag', { tag: Symbol('t') }],
  ['the input[1]', [1, undefined]],
  ['the input.self', circle],
  ['the input', new Point()],
  ['the input.text', { text: '\ud800' }],
  ['the input', new Map()],
]
test('an input nested without end is refused, not a crash of the stack', async () => {
  const { box, writes } = open(() => expect.fail('it ran'))
  let deep: unknown[] = []
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect((await box.safeFlip('open', deep)).error).toMatchObject({ code: 'NOT_SERIALISABLE' })
  expect(writes()).toBe(0)
})

test.each([
  ['at once', () => raise()],
  ['later', async () => raise()],
])('a schema that throws %s has not accepted the input', async (_, validate) => {
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const
  const picky = chart('picky', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { final: true })
    .flip('go', (f) => f.from('a').to('b').input(any(schema)))
    .build()
  const { error } = await createGate(picky).subject('p').safeFlip('go', any(1))
  expect(error).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('not today') })
})

function raise(): never {
  throw new Error('not today')
}

test.each(unrecordable)('an input that cannot be recorded is refused, naming %s', async (path, input) => {
  const { box, writes } = open(() => expect.fail('it ran'))
  expect((await box.safeFlip('open', input)).error).toMatchObject({ code: 'NOT_SERIALISABLE', facts: { path } })
  expect(await box.explain('open', input)).toMatchObject({ verdict: 'bad input' })
  expect(writes()).toBe(0)
})

test('an input where none is declared is refused', async () => {
  const { box, writes } = open()
  expect((await box.safeFlip('shut', any({ now: true }))).error).toMatchObject({
    code: 'INPUT_INVALID',
    facts: { flip: 'shut' },
  })
  expect(writes()).toBe(0)
})

test.each([
  [() => 1n],
  [() => new Date()],
  [async () => circle],
  [() => ({ then: 1, f: () => 0 })],
  [() => Symbol('s')],
])('a step result that cannot be recorded fails the step, naming it: %o', async (run) => {
  const { box } = open(run)
  const { error } = await box.safeFlip('open', 1)
  expect(error?.facts).toMatchObject({
    failure: { code: 'STEP_FAILED', message: expect.stringContaining('the result of step "lift"') },
  })
  expect(error?.cause).toMatchObject({ code: 'NOT_SERIALISABLE' })
  expect(await kinds(box)).toEqual(['requested', 'turned', 'undone', 'rolledBack'])
})

const bare = Object.create(null) as object
test.each([undefined, null, '', 'x', 7, bare, 'half a \ud83d smile', new Error('half a \ud83d smile')])(
  'a step that throws %o fails like any other, and its history can be read',
  async (thrown) => {
    const { box } = open(() => {
      throw thrown
    })
    expect((await box.safeFlip('open', 1)).error?.code).toBe('FLIP_ROLLED_BACK')
    expect(await kinds(box)).toEqual(['requested', 'turned', 'undone', 'rolledBack'])
  },
)

test.each([
  undefined,
  null,
  0,
  1,
  'true',
  bare,
  {},
  [true],
  Promise.resolve('yes'),
  deny(any(undefined)),
  deny('\ud83d'),
  Symbol('yes'),
])('a guard that answers %o has said no, and the denial can be read', async (answer) => {
  const { box } = open(undefined, () => answer)
  expect((await box.safeFlip('open', 1)).error?.code).toBe('GUARD_REFUSED')
  expect(await kinds(box)).toEqual(['denied'])
})
