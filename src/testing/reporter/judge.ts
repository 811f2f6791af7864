import { type ChartReport, type CoverageKind, KINDS, type Share } from '../coverage/index.ts'
import type { ReporterSettings } from './options.ts'

/** What is said of a run: a line for each chart, and what was demanded and not seen. */
export interface Judgement {
  readonly lines: readonly string[]
  readonly failures: readonly string[]
}

/** Names of what was missed that are told of a chart; the rest is counted. */
const MOST_MISSED = 5

/**
 * A line a chart, and the thresholds that are not met. Thresholds hold for the newest version of a chart: what is left of
 * older ones is there to be migrated.
 */
export function judge(reports: readonly ChartReport[], { thresholds, charts }: ReporterSettings): Judgement {
  const wanted = reports.filter(({ chart }) => charts?.includes(chart) ?? true)
  const judged = wanted.filter((report) => isNewest(report, wanted))
  const unseen = (charts ?? []).filter((chart) => !wanted.some((report) => report.chart === chart))
  return {
    lines: [...wanted.map((report) => line(report, wanted)), ...unseen.map((chart) => `${chart}: never seen`)],
    failures:
      thresholds.length === 0
        ? []
        : [
            ...judged.flatMap((report) => unmet(report, thresholds, wanted)),
            ...unseen.map((chart) => `${chart} was never seen`),
          ],
  }
}

function isNewest({ chart, version }: ChartReport, all: readonly ChartReport[]): boolean {
  return all.every((other) => other.chart !== chart || other.version <= version)
}

function unmet(
  report: ChartReport,
  thresholds: ReporterSettings['thresholds'],
  all: readonly ChartReport[],
): readonly string[] {
  return thresholds.flatMap(({ kind, percent }) => {
    const share = kind === 'all' ? report.all : report.kinds[kind]
    // Counted, not divided: 57 of 100 are 57 %.
    if (share.seen * 100 >= percent * share.of) return []
    const missed = kind === 'all' ? '' : `; not seen: ${listed(report.kinds[kind].missed, Number.POSITIVE_INFINITY)}`
    return [`${nameOf(report, all)}: ${shown(share.ratio)} of ${kind} seen, ${percent} % wanted${missed}`]
  })
}

function line(report: ChartReport, all: readonly ChartReport[]): string {
  const shares = KINDS.filter((kind) => report.kinds[kind].of > 0).map((kind) => told(kind, report.kinds[kind]))
  const missed = KINDS.flatMap((kind) => report.kinds[kind].missed)
  const what = missed.length === 0 ? '' : `; not seen: ${listed(missed, MOST_MISSED)}`
  return `${nameOf(report, all)}: ${shown(report.all.ratio)} (${shares.join(', ')})${what}`
}

function told(kind: CoverageKind, { seen, of }: Share): string {
  return `${kind} ${seen}/${of}`
}

/** By its name alone, where that says which one. */
function nameOf({ chart, version, fingerprint }: ChartReport, all: readonly ChartReport[]): string {
  const namesakes = all.filter((other) => other.chart === chart)
  if (namesakes.length === 1) return chart
  const isTwice = namesakes.filter((other) => other.version === version).length > 1
  return `${chart} v${version}${isTwice ? ` ${fingerprint.slice(0, 8)}` : ''}`
}

function listed(names: readonly string[], most: number): string {
  const left = names.length - most
  return left > 0 ? `${names.slice(0, most).join(', ')}, and ${left} more` : names.join(', ')
}

/** Rounded down: 100 % is everything. */
function shown(ratio: number): string {
  return `${Math.floor(ratio * 1_000) / 10} %`
}
