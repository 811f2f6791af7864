import { PhasegateError } from '../base/index.ts'
import type { AnyChart } from '../chart/index.ts'
import type { Body, ChartStamp, Head } from '../ports/index.ts'

/** What to do with a head: it is this chart's, it can be moved to it, or it must not be touched. */
export type Fit =
  | { readonly type: 'fits' }
  | { readonly type: 'moves'; readonly body: Extract<Body, { kind: 'migrated' }> }
  | { readonly type: 'stranded'; readonly why: string }

export function fitOf(head: Head, chart: AnyChart): Fit {
  const { version, fingerprint } = head.chart
  if (head.version === 0 || (version === chart.version && fingerprint === chart.fingerprint)) return { type: 'fits' }
  if (version === chart.version) {
    return {
      type: 'stranded',
      why: 'the chart was changed without raising its version; raise it and declare a migration',
    }
  }
  if (head.flip !== undefined) {
    return {
      type: 'stranded',
      why: `flip "${head.flip.flip}" is in progress under the other version, which has to end it`,
    }
  }
  const phase = chart.migrations[version]?.[head.phase]
  if (phase === undefined) {
    return { type: 'stranded', why: `declare migrate: { ${version}: { ${JSON.stringify(head.phase)}: … } }` }
  }
  return { type: 'moves', body: migrated(head, chart, phase) }
}

function migrated(head: Head, chart: AnyChart, phase: string): Extract<Body, { kind: 'migrated' }> {
  const timers = chart.phases.get(phase)?.after ?? []
  return { kind: 'migrated', phase, from: head.phase, previous: head.chart, chart: stampOf(chart), timers }
}

export function stampOf({ version, fingerprint }: ChartStamp): ChartStamp {
  return { version, fingerprint }
}

export function strandedError(
  subject: string,
  head: Head,
  chart: AnyChart,
  why: string,
): PhasegateError<'CHART_VERSION'> {
  const stored = describeStamp(head.chart)
  const running = describeStamp(chart)
  return new PhasegateError(
    'CHART_VERSION',
    `"${subject}" is in "${head.phase}" of chart "${chart.name}" ${stored}; this is ${running}: ${why}`,
    { subject, chart: chart.name, stored, running },
  )
}

function describeStamp({ version, fingerprint }: ChartStamp): string {
  return `version ${version} (${fingerprint.slice(0, 12)})`
}
