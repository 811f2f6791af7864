import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../docs/markdown.ts'
import { temporaryFolder } from '../processes/start.ts'
import { describeWith } from '../servers/index.ts'
import { ROOT, RULE_FILES, rulesOf, text } from './shipped.ts'

const run = promisify(execFile)
const page = text(join(ROOT, 'docs/operate/README.md'))

describeWith('prometheus', 'the README of docs/operate', ({ promtool }) => {
  test('shows a configuration that Prometheus takes, with the rules beside it', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const [yaml] = blocksOf(page).filter(({ info }) => info === 'yaml')
    mkdirSync(join(folder, 'phasegate'))
    for (const file of RULE_FILES) copyFileSync(file, join(folder, 'phasegate', basename(file)))
    writeFileSync(join(folder, 'prometheus.yml'), yaml?.text ?? '')
    const { stdout } = await run(promtool, ['check', 'config', join(folder, 'prometheus.yml')])
    expect(stdout).toContain('SUCCESS: 2 rule files found')
  })
})

describe('the README of docs/operate', () => {
  test('counts the alerts', () => {
    const alerts = RULE_FILES.flatMap((file) => rulesOf(text(file))).filter(({ kind }) => kind === 'alert')
    expect(page).toContain(`${alerts.length} alerts`)
  })
})
