// What docs/operate/ ships, read as text: the rules are written in one form, and promtool says whether we read all of them.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')
export const PROMETHEUS = join(ROOT, 'docs/operate/prometheus')
export const RULE_FILES = ['recording.rules.yml', 'alerts.rules.yml'].map((name) => join(PROMETHEUS, name))
export const RULE_TESTS = readdirSync(PROMETHEUS).filter((name) => name.endsWith('.test.yml'))

export interface Rule {
  readonly kind: 'alert' | 'record'
  readonly name: string
  /** All of it, as it stands in its file. */
  readonly text: string
}

/** An expectation of a rule test: of an alert, at some time. */
export interface Expectation {
  readonly alert: string
  readonly fires: boolean
}

export function rulesOf(yaml: string): Rule[] {
  return [...yaml.matchAll(/^ {6}- (alert|record): (.+)\n(?: {8}.*\n|\n(?= {8}))*/gm)].map(
    ([text, kind, name = '']) => ({
      kind: kind === 'alert' ? 'alert' : 'record',
      name,
      text,
    }),
  )
}

export function expectationsOf(yaml: string): Expectation[] {
  const found = yaml.matchAll(
    /^ {6}- alertname: (\w+)\n {8}eval_time: .+\n {8}exp_alerts:(?: (\[\])|\n {10}- exp_labels)/gm,
  )
  return [...found].map(([, alert = '', nothing]) => ({ alert, fires: nothing === undefined }))
}

/** The text of an annotation or label, with what YAML folds put on one line. */
export function fieldOf(rule: Rule, field: string): string | undefined {
  const line = new RegExp(`\\b${field}: (>-\\n(?: {12}.*\\n)+|[^}\\n]+)`).exec(rule.text)?.[1]
  return line?.replace(/^>-/, '').replaceAll(/\s+/g, ' ').trim()
}

/** The headings of a page of Markdown as they are linked to. */
export function anchorsOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '')
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

export const text = (file: string): string => readFileSync(file, 'utf8')

/** The sections of a page of Markdown by their headings, those of any level. */
export function sectionsOf(markdown: string): Map<string, string> {
  const parts = markdown.split(/^(?=#+ )/m).filter((part) => part.startsWith('#'))
  return new Map(parts.map((part) => [/^#+ (.+)$/m.exec(part)?.[1] ?? '', part]))
}
