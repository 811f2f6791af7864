import { known, refuse } from '../../base/index.ts'
import type { JournalRecord } from '../../ports/index.ts'
import { Masks } from './masks.ts'
import { sentence } from './sentence.ts'
import { span } from './span.ts'

/** How records are told. */
export interface MaskedOptions {
  /**
   * The times, from the first record on: to the second, so that the clock of the machine serves too; exactly, for a clock
   * that tests own; or not at all. @default 'seconds'
   */
  readonly times?: 'seconds' | 'exact' | 'none' | undefined
  /** Wall time in ms that times are told from. @default that of the first record */
  readonly since?: number | undefined
}

/**
 * Records as text that is the same in every run, one a line: number, time, what happened. Flips, owners, traces and UUIDs
 * are numbered as they come, epochs too and told where they change.
 *
 * @throws OPTION_INVALID
 * @example masked(await sim.history())
 * //  1 +0s    flip-1 requested drain: serving → draining, by owner-1, epoch-1
 * //  2 +15s   flip-1 committed drain: serving → draining
 */
export function masked(records: readonly JournalRecord[], options?: MaskedOptions): string {
  return maskedLines(records, options).join('\n')
}

/** The lines of `masked`, one for each record. @throws OPTION_INVALID */
export function maskedLines(records: readonly JournalRecord[], options?: MaskedOptions): readonly string[] {
  const given = known(options, 'masked options', ['times', 'since'])
  const time = timesOf(given.times)
  const since = given.since === undefined ? (records[0]?.at ?? 0) : wallTime(given.since)
  const masks = new Masks()
  const epochs = [...new Set(records.map(({ epoch }) => epoch))]
  let last: number | undefined
  return records.map((record) => {
    const epoch = record.epoch === last ? '' : `, epoch-${epochs.indexOf(record.epoch) + 1}`
    last = record.epoch
    return `${String(record.n).padStart(3)} ${time(record.at - since)}${sentence(record, masks)}${epoch}`
  })
}

type Tell = (ms: number) => string

function timesOf(times: unknown): Tell {
  switch (times) {
    case undefined:
    case 'seconds':
      return (ms) => column(Math.floor(ms / 1_000) * 1_000)
    case 'exact':
      return column
    case 'none':
      return () => ''
    default:
      return refuse('times', times, "'seconds', 'exact' or 'none'")
  }
}

function column(ms: number): string {
  return `${`${ms < 0 ? '' : '+'}${span(ms)}`.padEnd(6)} `
}

function wallTime(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse('since', value, 'wall time in ms')
}
