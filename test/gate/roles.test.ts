import { chart, createGate, type Journal, memoryJournal, type Subject } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, it, test } from 'vitest'
import { newFolder } from '../adapters/file/folder.ts'
import { describeWith, newSchema, postgresPool } from '../servers/index.ts'
import { records } from './stage.ts'

// A role is a text that is compared with a text, code unit by code unit: nothing in it means anything.

const ROLES: { readonly [what: string]: string } = {
  quotes: `"o'neill" \`ops\``,
  commas: 'a, b,c',
  braces: '{"role":["x"]}',
  dollars: '$1 $$ $body$ #{x}',
  backslashes: '\\ \\n \\u0000 C:\\new',
  spaces: ' in  between ',
  'a wild card': '*',
  'a pattern': 's.*e',
  'a path': '../../admin',
  __proto__: '__proto__',
  constructor: 'constructor',
  toString: 'toString',
  'a number': '0',
  'an empty-looking word': 'undefined',
  umlauts: 'Prüfer',
  'umlauts, decomposed': 'Pru\u0308fer',
  'another case': 'SRE',
  'a dotless i': 'adm\u0131n',
  'a lookalike': 'аdmin',
  'right to left': 'מנהל ראשי',
  han: '运维',
  emoji: '🚒 crew',
  'a flag': '🇳🇱',
  'beyond the basic plane': '𝒮ℛℰ',
  'very long': '职'.repeat(255),
}

const NAMES = Object.keys(ROLES)

/** A chart that reserves its flip and its orders to one role. */
function reservedTo(role: string) {
  return chart('gatehouse', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open')
    .operators(role)
    .flip('open', (f) => f.from('shut').to('open').allow(role))
    .flip('shut', (f) => f.from('open').to('shut').allow(role))
    .build()
}

function roleOf(name: string): string {
  return ROLES[name] ?? ''
}

describe.each(NAMES)('a role with %s', (name) => {
  const role = roleOf(name)
  const order = { actor: { id: 'kim', roles: ['guest', role, role] }, reason: 'because' }

  it('opens what is reserved to it, wherever among the roles it is, and however often', async () => {
    const subject = createGate(reservedTo(role)).subject('g')
    await subject.flip('open', undefined, { actor: order.actor })
    await subject.force('shut', order)
    expect(await subject.phase()).toBe('shut')
  })

  it('is opened by no other of these, and by none that looks or sounds like it', async () => {
    const subject = createGate(reservedTo(role)).subject('g')
    const others = NAMES.map(roleOf).filter((other) => other !== role)
    const alike = [role.toUpperCase(), role.toLowerCase(), role.normalize('NFC'), role.normalize('NFD'), ` ${role}`]
    const roles = [...others, ...alike.filter((other) => other !== role && other.length <= 255)]
    const { error } = await subject.safeFlip('open', undefined, { actor: { id: 'kim', roles } })
    expect(error).toMatchObject({ code: 'UNAUTHORISED', facts: { needs: [role] } })
  })
})

test('names that Unicode calls the same are two: NFC and NFD, one case and the other', async () => {
  const subject = createGate(reservedTo('Prüfer'.normalize('NFC'))).subject('g')
  for (const other of ['Prüfer'.normalize('NFD'), 'prüfer', 'PRÜFER']) {
    const { error } = await subject.safeFlip('open', undefined, { actor: { id: 'kim', roles: [other] } })
    expect(error?.code).toBe('UNAUTHORISED')
  }
})

test('roles that are declared twice are declared once, and the error names each', async () => {
  const twice = chart('twice', { version: 1 })
    .phase('a', { initial: true })
    .flip('go', (f) => f.from('a').to('a').allow('sre', 'sre', 'on call, 24/7'))
    .operators('ops', 'ops')
    .operators('ops', 'chief')
    .build()
  expect(twice.operators).toEqual(['ops', 'chief'])
  const { error } = await createGate(twice).subject('t').safeFlip('go')
  expect(error?.message).toContain('is for sre, "on call, 24/7"')
})

test.each([
  ['more than 1,000 roles', Array.from({ length: 1_001 }, (_, n) => `role-${n}`)],
  ['an empty role', ['']],
  ['a role of spaces', ['  ']],
  ['a role over several lines', ['a\nb']],
  ['a role that turns the direction of text', ['a\u202eb']],
  ['a role of half a character', ['\ud83d']],
  ['a role of 256 characters', ['x'.repeat(256)]],
  ['roles that are a text', 'sre'],
  ['roles that are a set', new Set(['sre'])],
])('an actor with %s is refused as an option', async (_, roles) => {
  const subject = createGate(reservedTo('sre')).subject('g')
  const actor = { id: 'kim', roles: roles as string[] }
  const { error } = await subject.safeFlip('open', undefined, { actor })
  expect(error?.code).toBe('OPTION_INVALID')
  expect(await records(subject)).toEqual([])
})

/** Odd names, asked with and refused, as the journal gives them back. */
async function recorded(journal: Journal): Promise<void> {
  const all = NAMES.map(roleOf)
  for (const [n, role] of all.entries()) {
    const subject = createGate(reservedTo(role), { journal }).subject(`g-${n}`) as Subject
    const others = { id: role.slice(0, 200), roles: all.filter((other) => other !== role) }
    const actor = { id: 'kim', roles: [role] }
    await subject.safeFlip('open', undefined, { actor: others })
    await subject.flip('open', undefined, { actor })
    expect(await records(subject)).toMatchObject([
      { kind: 'denied', actor: others, act: 'flip' },
      { kind: 'requested', actor },
      { kind: 'committed' },
    ])
  }
}

describe('the journal in memory', () => {
  it('gives back odd roles as they were', () => recorded(memoryJournal()))
})

describe('the file journal', () => {
  it('gives back odd roles as they were', async () => {
    const journal = fileJournal(newFolder())
    await recorded(journal)
    await journal.close()
  })
})

describeWith('postgres', 'the PostgreSQL journal', () => {
  it('gives back odd roles as they were', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    await recorded(postgresJournal(pool, { schema }))
  })
})
