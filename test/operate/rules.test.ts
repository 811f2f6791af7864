import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { describeWith } from '../servers/index.ts'
import {
  anchorsOf,
  expectationsOf,
  fieldOf,
  PROMETHEUS,
  ROOT,
  RULE_FILES,
  RULE_TESTS,
  rulesOf,
  text,
} from './shipped.ts'

const run = promisify(execFile)
const rules = RULE_FILES.flatMap((file) => rulesOf(text(file)))
const alerts = rules.filter(({ kind }) => kind === 'alert')
const records = rules.filter(({ kind }) => kind === 'record')
const tests = RULE_TESTS.map((name) => text(join(PROMETHEUS, name)))
const expectations = tests.flatMap(expectationsOf)

describeWith('prometheus', 'the rules, by promtool', ({ promtool }) => {
  test.for(RULE_FILES)('%s is valid, and read here as promtool reads it', async (file) => {
    const { stdout } = await run(promtool, ['check', 'rules', file])
    expect(stdout).toContain(`SUCCESS: ${rulesOf(text(file)).length} rules found`)
  })

  test.for(RULE_TESTS)('%s passes', async (name) => {
    const { stdout } = await run(promtool, ['test', 'rules', join(PROMETHEUS, name)]).catch((error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return { stdout: `${stdout}\n${stderr}` }
    })
    expect(stdout.trim().split(/\n+/).slice(1)).toEqual(['  SUCCESS'])
  })
})

describe('the rule tests', () => {
  test.for(alerts)('$name has a case in which it fires, and one in which it does not', ({ name }) => {
    const cases = expectations.filter(({ alert }) => alert === name).map(({ fires }) => fires)
    expect(cases).toContain(true)
    expect(cases).toContain(false)
  })

  test.for(records)('$name is checked by value', (rule) => {
    const window = fieldOf(rule, 'window')
    const seen = window === undefined ? rule.name : `${rule.name}\\{[^}]+window="${window}"`
    expect(
      tests.some((yaml) => new RegExp(seen).test(yaml)),
      seen,
    ).toBe(true)
  })

  test('name no alert that there is not', () => {
    const names = alerts.map(({ name }) => name)
    expect(expectations.filter(({ alert }) => !names.includes(alert))).toEqual([])
  })
})

describe('the alerts', () => {
  const runbooks = anchorsOf(text(join(ROOT, 'docs/operate/runbooks.md')))

  test.for(alerts)('$name says how urgent it is, what is concerned, and where to read on', (alert) => {
    expect(['page', 'ticket']).toContain(fieldOf(alert, 'severity'))
    expect(fieldOf(alert, 'summary')).toMatch(/^[A-Z].+[^.]$/)
    expect(fieldOf(alert, 'description')).toMatch(/\{\{ \$labels\.(chart|sink) \}\}/)
    expect(fieldOf(alert, 'runbook_url')).toBe(`docs/operate/runbooks.md#${alert.name.toLowerCase()}`)
    expect(runbooks).toContain(alert.name.toLowerCase())
  })

  test('have names of their own', () => {
    const names = rules.map((rule) => `${rule.name} ${fieldOf(rule, 'window') ?? ''}`)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('are read here with their files', () => {
    expect(RULE_FILES.map((file) => basename(file))).toEqual(['recording.rules.yml', 'alerts.rules.yml'])
    expect(alerts.length).toBeGreaterThan(15)
  })
})
