import type { Outcome } from './run.ts'
import { OURS } from './service/ours.ts'

/** What may come on top of the slowest request, the lame duck and the linger. */
const REST_MS = 500

/** How late a service of ours may exit: slowest request + lame duck + linger + 0.5 s. */
export function limitMs({ slowestMs, lameDuckMs }: Outcome): number {
  return slowestMs + (lameDuckMs ?? 0) + OURS.linger + REST_MS
}

export function isInTime(outcome: Outcome, allowanceMs: number): boolean {
  return outcome.exitMs <= limitMs(outcome) + allowanceMs
}

/** What is wrong with a run of a service of ours; nothing, if it kept its promise. */
export function problemsOf(outcome: Outcome): readonly string[] {
  const { lost, errors, refused, mayBeRefused, exit, exitMs, closes } = outcome
  const otherCodes = Object.keys(closes).filter((code) => code !== '1012')
  return [
    ...(lost.length > 0 ? [`${lost.length} lost: ${lost.slice(0, 3).join('; ')}`] : []),
    ...(errors > 0 ? [`${errors} answered with 5xx`] : []),
    ...(refused > mayBeRefused ? [`${refused} refused, of ${mayBeRefused} that may be`] : []),
    ...(exit === 0 ? [] : [`exit ${exit ?? 'by force'}`]),
    ...(isInTime(outcome, 0) ? [] : [`exit after ${Math.round(exitMs)} ms, not ${Math.round(limitMs(outcome))}`]),
    ...otherCodes.map((code) => `WebSockets closed with ${code}`),
  ]
}
