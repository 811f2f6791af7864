import { isPlainObject, refuse } from '../../base/index.ts'

/** What there is to be seen of a chart. */
export const KINDS = ['phases', 'flips', 'guards', 'confirms', 'steps', 'undos'] as const

export type CoverageKind = (typeof KINDS)[number]

/** Names by kind, sorted: `draining`, `drain: rolled back`, `drain > peers healthy: no`, `drain > cordon: done`. */
export type Items = { readonly [Kind in CoverageKind]: readonly string[] }

/** One chart of one content, and what was seen of it. */
export interface ChartCoverage {
  readonly chart: string
  readonly version: number
  readonly fingerprint: string
  /** All that can be seen. */
  readonly outline: Items
  readonly seen: Items
}

/** What a test run has seen, chart by chart: plain JSON. */
export type Coverage = readonly ChartCoverage[]

/** Both together. The order does not matter, nor how often the same is merged. */
export function merge(a: Coverage, b: Coverage): Coverage {
  const byIdentity = new Map<string, ChartCoverage>()
  for (const chart of [...a, ...b]) {
    const known = byIdentity.get(identityOf(chart))
    byIdentity.set(identityOf(chart), known === undefined ? normal(chart) : together(known, chart))
  }
  return [...byIdentity].sort(([one], [other]) => compare(one, other)).map(([, chart]) => chart)
}

/** Charts of one name differ by version and content: what is seen of one says nothing of another. */
export function identityOf({ chart, version, fingerprint }: Omit<ChartCoverage, 'outline' | 'seen'>): string {
  return `${chart} ${String(version).padStart(16, '0')} ${fingerprint}`
}

function together(a: ChartCoverage, b: ChartCoverage): ChartCoverage {
  return { ...a, outline: union(a.outline, b.outline), seen: union(a.seen, b.seen) }
}

function normal({ chart, version, fingerprint, outline, seen }: ChartCoverage): ChartCoverage {
  return { chart, version, fingerprint, outline: union(outline, outline), seen: union(seen, seen) }
}

function union(a: Items, b: Items): Items {
  return byKind((kind) => sorted(new Set([...a[kind], ...b[kind]])))
}

/** One value for each kind. */
export function byKind<Value>(make: (kind: CoverageKind) => Value): { readonly [Kind in CoverageKind]: Value } {
  return {
    phases: make('phases'),
    flips: make('flips'),
    guards: make('guards'),
    confirms: make('confirms'),
    steps: make('steps'),
    undos: make('undos'),
  }
}

export function sorted(names: Iterable<string>): readonly string[] {
  return [...names].sort(compare)
}

/** By code units: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Coverage that was read from JSON. @throws OPTION_INVALID naming what is not as it should be */
export function parseCoverage(value: unknown, option: string): Coverage {
  if (!Array.isArray(value)) return refuse(option, value, 'a list of charts')
  return merge(
    value.map((chart: unknown, index) => parseChart(chart, `${option}[${index}]`)),
    [],
  )
}

function parseChart(value: unknown, option: string): ChartCoverage {
  if (!isPlainObject(value)) return refuse(option, value, 'an object')
  const { chart, version, fingerprint, outline, seen } = value
  return {
    chart: text(chart, `${option}.chart`),
    version: Number.isSafeInteger(version) ? (version as number) : refuse(`${option}.version`, version, 'a number'),
    fingerprint: text(fingerprint, `${option}.fingerprint`),
    outline: parseItems(outline, `${option}.outline`),
    seen: parseItems(seen, `${option}.seen`),
  }
}

function parseItems(value: unknown, option: string): Items {
  if (!isPlainObject(value)) return refuse(option, value, 'an object')
  return byKind((kind) => {
    const names = value[kind]
    if (!Array.isArray(names)) return refuse(`${option}.${kind}`, names, 'a list of names')
    return names.map((name: unknown) => text(name, `${option}.${kind}`))
  })
}

function text(value: unknown, option: string): string {
  return typeof value === 'string' ? value : refuse(option, value, 'text')
}
