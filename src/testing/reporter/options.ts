import { known, refuse } from '../../base/index.ts'
import { type CoverageKind, KINDS } from '../coverage/index.ts'

/** Least percentages, from 0 to 100, by kind; `all`: of everything together. */
export type Thresholds = { readonly [Kind in CoverageKind | 'all']?: number | undefined }

/** How what was seen is reported, and what must have been seen. */
export interface CoverageReporterOptions {
  /** What must have been seen of each chart, or the run fails. @default nothing */
  readonly thresholds?: Thresholds | undefined
  /**
   * The names of the charts that are reported and judged; one that was never seen has not met its thresholds.
   * @default all that were seen
   */
  readonly charts?: readonly string[] | undefined
  /** A file to which what was seen is written, as JSON; relative to where vitest was started. @default none */
  readonly json?: string | undefined
}

/** Parsed: nothing is optional. */
export interface ReporterSettings {
  readonly thresholds: readonly { readonly kind: CoverageKind | 'all'; readonly percent: number }[]
  readonly charts: readonly string[] | undefined
  readonly json: string | undefined
}

/** @throws OPTION_INVALID naming the option */
export function parseReporterOptions(options: unknown): ReporterSettings {
  const given = known(options, 'coverage reporter options', ['thresholds', 'charts', 'json'])
  return {
    thresholds: parseThresholds(given.thresholds),
    charts: given.charts === undefined ? undefined : parseCharts(given.charts),
    json:
      given.json === undefined || typeof given.json === 'string' ? given.json : refuse('json', given.json, 'a path'),
  }
}

function parseThresholds(value: unknown): ReporterSettings['thresholds'] {
  const given = known(value, 'thresholds', [...KINDS, 'all'])
  return [...KINDS, 'all' as const].flatMap((kind) => {
    const percent = given[kind]
    return percent === undefined ? [] : [{ kind, percent: parsePercent(percent, `thresholds.${kind}`) }]
  })
}

function parsePercent(value: unknown, option: string): number {
  return typeof value === 'number' && value >= 0 && value <= 100
    ? value
    : refuse(option, value, 'a number from 0 to 100')
}

function parseCharts(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
  return isList ? value : refuse('charts', value, 'a list of names of charts')
}
