import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chart, createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode } from '../../src/base/index.ts'
import { blocksOf } from '../docs/markdown.ts'
import { describeWith, newSchema, postgresPool } from '../servers/index.ts'
import { anchorsOf, ROOT, RULE_FILES, rulesOf, sectionsOf, text } from './shipped.ts'

/** Codes that tell whoever writes the code of a mistake in it; who operates the service can only hand them on. */
const NOT_FOR_OPERATORS: readonly ErrorCode[] = [
  'CHART_INVALID',
  'OPTION_INVALID',
  'INPUT_INVALID',
  'NOT_SERIALISABLE',
  'FLIP_UNKNOWN',
  'FLIP_REENTRANT',
  'NOT_IN_PHASE',
  'PHASE_UNKNOWN',
  'KEY_MISMATCH',
  'GATE_CLOSED',
  'JOURNAL_CLOSED',
  'TRAIL_CLOSED',
  'PROOF_FAILED',
  'MACHINE_UNFIT',
  'PATHS_EXCEEDED',
  'STATE_UNKEYED',
  'MODEL_IMPURE',
  'SIMULATION_CRASHED',
  'SIMULATION_STALLED',
  'TERMINAL',
]

const RUNBOOKS = join(ROOT, 'docs/operate/runbooks.md')
const page = text(RUNBOOKS)
const sections = sectionsOf(page)
const alerts = RULE_FILES.flatMap((file) => rulesOf(text(file))).filter(({ kind }) => kind === 'alert')

describe('the runbooks', () => {
  test.for(alerts)('tell of $name what it means, what is at risk, where to look and what to do', ({ name }) => {
    expect(partsOf(sections.get(name))).toEqual(['Means', 'At risk', 'Look', 'Do'])
  })

  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !NOT_FOR_OPERATORS.includes(code))
  test.for(codes)('tell of %s what it means and what to do', (code) => {
    const wanted = `a section "${code}" in docs/operate/runbooks.md, or a place in NOT_FOR_OPERATORS`
    expect(partsOf(sections.get(code)), wanted).toEqual(['Means', 'Do'])
  })

  test('tell of no alert and no code that there is not, nor of one that is not for operators', () => {
    const known = new Set<string>([...alerts.map(({ name }) => name), ...codes])
    const told = [...sections.keys()].filter((heading) => /^(Phasegate\w+|[A-Z]+(_[A-Z]+)*)$/.test(heading))
    expect(told.filter((heading) => !known.has(heading))).toEqual([])
    expect(NOT_FOR_OPERATORS.filter((code) => !(code in ERRORS))).toEqual([])
  })

  test.for(['runbooks.md', 'README.md'])('%s links only to headings that there are', (name) => {
    const file = join(ROOT, 'docs/operate', name)
    const links = [...text(file).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)]
    const dead = links.filter(([, path = '', anchor = '']) => {
      const target = path === '' ? file : join(dirname(file), path)
      return !existsSync(target) || !anchorsOf(text(target)).includes(anchor)
    })
    expect(dead.map(([link]) => link)).toEqual([])
  })
})

function partsOf(section: string | undefined): string[] {
  return [...(section ?? '').matchAll(/^\*\*([^*]+)\.\*\* ./gm)].map(([, part = '']) => part)
}

describeWith('postgres', 'the SQL of the runbooks', () => {
  const statements = blocksOf(page)
    .filter(({ info }) => info === 'sql')
    .map((block) => block.text)

  test('finds the flip that is stuck, what happened, and who was refused', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    const gate = createGate(database, { journal: postgresJournal(pool, { schema }) })
    for (const _ of [1, 2, 3]) {
      await gate.subject('db-7').safeFlip('cut over', undefined, { actor: { id: 'eve', roles: ['guest'] } })
    }
    await gate.subject('db-7').safeFlip('cut over', undefined, { actor: { id: 'kim', roles: ['sre'] } })
    // What was only counted is recorded when the gate closes.
    await gate.close()
    const ask = async (part: string) => {
      const statement = statements.find((candidate) => candidate.includes(part)) ?? ''
      return (await pool.query<Record<string, unknown>>(statement.replaceAll('phasegate.', `${schema}.`))).rows
    }
    expect(await ask('from phasegate.head')).toEqual([
      expect.objectContaining({ subject: 'db-7', flip: 'cut over', course: 'stuck', step: 'announce', why: 'no dns' }),
    ])
    expect((await ask('order by n')).map(({ kind, why }) => [kind, why])).toContainEqual(['stuck', 'no dns'])
    expect(await ask(`kind = 'denied'`)).toEqual([
      expect.objectContaining({ actor: 'eve', act: 'flip', flip: 'cut over', times: '3' }),
    ])
    await ask('from pg_stat_activity')
    expect(statements).toHaveLength(4)
  })
})

const database = chart('database', { version: 1 })
  .phase('old', { initial: true })
  .phase('new', { final: true })
  .flip('cut over', (f) =>
    f
      .from('old')
      .to('new')
      .allow('sre')
      .step('switch', { run: () => undefined, irreversible: true })
      .step('announce', {
        run: () => {
          throw new Error('no dns')
        },
        retry: { attempts: 1 },
      }),
  )
  .build()
