import { CHECKPOINTS } from '../audit/index.ts'
import type { Fault, VerifyReport } from '../trail/index.ts'

const MOST_FAULTS = 50

/** A report for people: the verdict and the first fault in the first line. */
export function shown(report: VerifyReport): string {
  return [...verdictOf(report), ...moreFaults(report), ...coverOf(report), ...redactedOf(report)].join('\n')
}

function verdictOf({ verdict, first, records, subjects }: VerifyReport): readonly string[] {
  const size = `${count(records, 'record')} of ${count(subjects, 'subject')}`
  if (first !== undefined) return [`bad: ${faultOf(first)}`, `  ${size} read`]
  if (verdict === 'ok') return [`ok: ${size} are what was written`]
  return [
    `ok-unanchored: ${size} hold together, but no trusted key vouches for them`,
    '  a history that was rewritten as a whole looks the same: give --checkpoints and --key',
  ]
}

function faultOf({ class: kind, log, n, problem }: Fault): string {
  const place = log === CHECKPOINTS ? `checkpoint ${n}` : `${log}, ${log.startsWith('/') ? 'line' : 'record'} ${n}`
  return `${kind}: ${place}: ${problem}`
}

function moreFaults({ faults }: VerifyReport): readonly string[] {
  const lines = faults.slice(1, MOST_FAULTS).map((fault) => `  ${faultOf(fault)}`)
  return faults.length > MOST_FAULTS ? [...lines, `  and ${faults.length - MOST_FAULTS} more`] : lines
}

function coverOf({ verdict, checkpoints, uncovered }: VerifyReport): readonly string[] {
  const { seq, newest } = checkpoints
  if (seq === undefined) return ['  no checkpoints']
  const lines = [`  ${count(checkpoints.count, 'checkpoint')}, the newest is ${seq} of ${newest}`]
  if (verdict === 'bad' || uncovered.records === 0) return lines
  const tail = `${count(uncovered.records, 'record')} of ${count(uncovered.subjects, 'subject')}`
  return [...lines, `  ${tail} came later: chained, and not yet vouched for`]
}

function redactedOf({ redacted }: VerifyReport): readonly string[] {
  return redacted === 0 ? [] : [`  ${count(redacted, 'payload')} redacted, accounted for`]
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
