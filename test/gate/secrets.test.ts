import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chart, createGate, deny, type Secrets } from 'phasegate'
import { secretKeys } from 'phasegate/audit'
import { fileJournal } from 'phasegate/file'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { mortal, records, stage } from './stage.ts'

const NUMBER = '4111-1111-1111-1111'
const keys = { 2025: randomBytes(32), 2026: randomBytes(32) }
const secrets = secretKeys({ current: '2026', keys })
const seen: unknown[] = []

interface Deps {
  work(input: unknown): unknown
}

const payment = chart('payment', { version: 1 })
  .deps<Deps>()
  .phase('open', { initial: true })
  .phase('paid', { final: true })
  .flip('pay', (f) =>
    f
      .from('open')
      .to('paid')
      .input(z.object({ card: z.object({ number: z.string().meta({ sensitive: true }) }), amount: z.number() }))
      .guard('small', ({ input }) => {
        seen.push(input)
        return input.amount < 100 || deny('too much')
      })
      .step('charge', {
        run: ({ input, deps }) => deps.work(input),
        compensate: ({ input }) => void seen.push(input),
      })
      .confirm(
        'charged',
        ({ input }) => {
          seen.push(input)
          return input.amount !== 13
        },
        { within: '10ms', poll: '1ms' },
      ),
  )
  .build()

const INPUT = { card: { number: NUMBER }, amount: 5 }
const deps: Deps = { work: (input) => void seen.push(input) }

test('guards, steps and confirms get a sensitive input in clear, records and heads have it sealed', async () => {
  seen.length = 0
  const { clock, journal } = stage()
  let head: unknown
  const gate = createGate(payment, {
    deps: {
      work: async (input) => {
        seen.push(input)
        head = (await gate.subject('p').state()).flip?.input
      },
    },
    journal,
    clock,
    secrets,
  })
  const events: unknown[] = []
  gate.on('flip.requested', (event) => events.push(event.input))
  await gate.subject('p').flip('pay', INPUT, { key: 'k' })
  expect(seen).toEqual([INPUT, INPUT, INPUT])
  const sealed = { card: { number: { $sealed: expect.stringMatching(/^2026:/) } }, amount: 5 }
  expect(head).toEqual(sealed)
  expect(events).toEqual([sealed])
  const [requested] = await records(gate.subject('p'))
  expect(requested).toMatchObject({ kind: 'requested', input: sealed })
  expect(JSON.stringify(await records(gate.subject('p')))).not.toContain(NUMBER)
})

test('an undo gets it in clear, too', async () => {
  seen.length = 0
  const { journal } = stage()
  const gate = createGate(payment, { deps, journal, secrets })
  const { error } = await gate.subject('p').safeFlip('pay', { ...INPUT, amount: 13 })
  expect(error?.code).toBe('FLIP_ROLLED_BACK')
  expect(seen.at(-1)).toEqual({ ...INPUT, amount: 13 })
  expect(seen.filter((input) => JSON.stringify(input) === JSON.stringify(seen[0]))).toHaveLength(seen.length)
})

test('nothing of it is in the files of a file journal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phasegate-secrets-'))
  const journal = fileJournal(folder)
  const gate = createGate(payment, { deps, journal, secrets })
  await gate.subject('p').flip('pay', INPUT, { key: 'k' })
  await gate.close()
  await journal.close()
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  expect(files.join('')).toContain('$sealed')
  expect(files.join('')).not.toContain(NUMBER)
  await rm(folder, { recursive: true })
})

test('a key knows its request again, and another input as another', async () => {
  const { journal } = stage()
  const gate = createGate(payment, { deps, journal, secrets })
  const first = await gate.subject('p').flip('pay', INPUT, { key: 'k' })
  const rotated = createGate(payment, { deps, journal, secrets: secretKeys({ current: '2025', keys }) })
  const again = await rotated.subject('p').flip('pay', INPUT, { key: 'k' })
  expect(again).toMatchObject({ flipId: first.flipId, replayed: true })
  const other = await gate.subject('p').safeFlip('pay', { ...INPUT, card: { number: '4000' } }, { key: 'k' })
  expect(other.error?.code).toBe('KEY_MISMATCH')
})

test('the fingerprint of a request cannot be guessed from what it may have been', async () => {
  const fingerprints = await Promise.all(
    [secrets, secretKeys({ current: 'a', keys: { a: randomBytes(32) } })].map(async (own) => {
      const gate = createGate(payment, { deps, secrets: own })
      await gate.subject('p').flip('pay', INPUT, { key: 'k' })
      const [requested] = await records(gate.subject('p'))
      return requested?.kind === 'requested' && requested.fingerprint
    }),
  )
  expect(fingerprints[0]).not.toBe(fingerprints[1])
})

/** A flip whose owner died in its step, left in the journal. */
async function abandoned() {
  const { clock, journal } = stage()
  const first = mortal(journal)
  const never = new Promise<never>(() => undefined)
  const reached = new Promise<void>((resolve) => {
    const gate = createGate(payment, {
      deps: {
        work: () => {
          resolve()
          return never
        },
      },
      journal: first.journal,
      clock,
      secrets,
    })
    void gate.subject('p').safeFlip('pay', INPUT)
  })
  await reached
  first.die()
  await clock.advance(60_000)
  return { clock, journal }
}

test('who adopts a flip reads it with the key of its owner', async () => {
  const { clock, journal } = await abandoned()
  seen.length = 0
  const gate = createGate(payment, { deps, journal, clock, secrets: secretKeys({ current: '2025', keys }) })
  const { adopted } = await gate.recover()
  expect(adopted).toMatchObject([{ outcome: 'committed' }])
  expect(seen[0]).toEqual(INPUT)
})

test('a gate without the key leaves the flip to others, and an operator can still end it', async () => {
  const { clock, journal } = await abandoned()
  const other = secretKeys({ current: 'new', keys: { new: randomBytes(32) } })
  const gate = createGate(payment, { deps, journal, clock, secrets: other })
  const before = (await gate.subject('p').state()).version
  const { adopted, skipped } = await gate.recover()
  expect(adopted).toEqual([])
  expect(skipped).toMatchObject([
    { subject: 'p', error: { code: 'SECRET_UNREADABLE', facts: { key: '2026', known: ['new'] } } },
  ])
  expect((await gate.subject('p').state()).version).toBe(before)
  await gate.subject('p').force('open', { actor: { id: 'kim' }, reason: 'its key was thrown away' })
  expect(await gate.subject('p').phase()).toBe('open')
})

test('a gate whose chart marks something must have secrets', () => {
  const refused = /secrets is undefined.*flip "pay" holds what is sensitive \(card\.number\)/
  expect(() => createGate(payment, { deps })).toThrow(refused)
  expect(() => createGate(payment, { deps, secrets: { seal: String } as unknown as Secrets })).toThrow(
    /method open\(\)/,
  )
})

test('secrets with another key, or changed ones, cannot be opened', () => {
  const sealed = secrets.seal('x')
  expect(secrets.open(sealed)).toBe('x')
  expect(secrets.seal('x')).not.toBe(sealed)
  expect(secrets.open(secrets.seal(''))).toBe('')
  for (let at = '2026:'.length; at < sealed.length; at++) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'Q' : 'A'}${sealed.slice(at + 1)}`
    expect(() => secrets.open(changed)).toThrow(/cannot be opened/)
  }
  for (const nonsense of ['', ':', '2026:', '2026:AAAA', 'nobody:AAAA', sealed.slice(0, -4)]) {
    expect(() => secrets.open(nonsense)).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }))
  }
})

test.each([
  ['current', { current: 'x', keys }],
  ['keys', { current: '2026', keys: {} }],
  ['keys.short', { current: 'short', keys: { short: randomBytes(31) } }],
  ['digestKey', { current: '2026', keys, digestKey: randomBytes(16) }],
  ['the name of a key', { current: 'a:b', keys: { 'a:b': randomBytes(32) } }],
])('secretKeys refuses a wrong %s by name, and does not tell keys', (option, options) => {
  expect(() => secretKeys(options)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
  )
})
