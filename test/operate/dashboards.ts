// The dashboards as they are shipped, as far as they are checked.
import { join } from 'node:path'
import { ROOT, text } from './shipped.ts'

interface Target {
  readonly refId: string
  readonly expr: string
  readonly datasource: { readonly uid: string }
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly fieldConfig?: {
    readonly defaults: { readonly unit: string; readonly thresholds: { readonly steps: readonly unknown[] } }
  }
  readonly targets?: readonly Target[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly links: readonly { readonly url: string }[]
  readonly templating: {
    readonly list: readonly {
      readonly name: string
      readonly type: string
      readonly allValue?: string
      readonly query: string | { readonly query: string }
    }[]
  }
  readonly panels: readonly Panel[]
}

export const DASHBOARDS = ['on-call.json', 'debugging.json']

export function dashboard(name: string): Dashboard {
  return JSON.parse(text(join(ROOT, 'docs/operate/grafana', name))) as Dashboard
}

/** Every query of a dashboard as Grafana sends it with everything chosen, those that fill its variables included. */
export function queriesOf({ panels, templating }: Dashboard): string[] {
  const all = new Map(
    templating.list.flatMap(({ name, allValue }) => (allValue === undefined ? [] : [[name, allValue]])),
  )
  const filled = (query: string): string =>
    query
      .replaceAll('$__rate_interval', '1m')
      .replaceAll(/\$(\w+)/g, (variable, name: string) => all.get(name) ?? `unknown variable ${variable}`)
  const variables = templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]))
  const labels = variables.map((query) => query.replace(/^label_values\((.+), (\w+)\)$/, 'count by ($2) ($1)'))
  const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  return [...labels, ...shown].map(filled)
}
