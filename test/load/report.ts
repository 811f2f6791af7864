import { problemsOf } from './judge.ts'
import { CONTENDERS, type ContenderName } from './peers/index.ts'
import type { Cell, Outcome } from './run.ts'
import type { ModeName } from './traffic/index.ts'

const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[]

/** One line as soon as a run is over. */
export function lineOf(outcome: Outcome): string {
  const { answeredBefore, answeredAfter, errors, refused, closes } = outcome
  const codes = Object.entries(closes).map(([code, count]) => `${count} closed with ${code}`)
  const counts = [
    `answered ${answeredBefore} + ${answeredAfter}`,
    `lost ${lossOf(outcome)}`,
    `5xx ${errors}`,
    `refused ${refused}`,
    ...codes,
  ]
  const problems = outcome.contender === 'phasegate' ? problemsOf(outcome) : []
  return [
    `${nameOf(outcome)}: ${counts.join(', ')}; ${exitText([outcome])}`,
    ...problems.map((one) => `  ! ${one}`),
  ].join('\n')
}

/** For each delay two tables in Markdown: what was lost, and how it ended. */
export function tablesOf(outcomes: readonly Outcome[]): string {
  const delays = [...new Set(outcomes.map(({ delayMs }) => delayMs))].sort((a, b) => a - b)
  return delays
    .flatMap((delayMs) => {
      const among = outcomes.filter((outcome) => outcome.delayMs === delayMs)
      return [
        `Lost a run, ${delayMs} ms each way: median (least to most)`,
        table(among, lossText),
        `Exit, ${delayMs} ms each way: code, median and longest from the signal`,
        table(among, exitText),
      ]
    })
    .join('\n\n')
}

function table(outcomes: readonly Outcome[], textOf: (runs: readonly Outcome[]) => string): string {
  const modes = [...new Set(outcomes.map(({ mode }) => mode))]
  const contenders = CONTENDER_NAMES.filter((name) => outcomes.some(({ contender }) => contender === name))
  const cell = (contender: ContenderName, mode: ModeName): string => {
    const runs = outcomes.filter((outcome) => outcome.contender === contender && outcome.mode === mode)
    return runs.length === 0 ? '' : textOf(runs)
  }
  const rows = contenders.map((contender) => [contender, ...modes.map((mode) => cell(contender, mode))])
  return [['', ...modes], ['', ...modes].map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Requests that came to nothing, and WebSockets that ended without a word. */
function lossOf({ lost, closes }: Outcome): number {
  return lost.length + (closes['1006'] ?? 0)
}

function lossText(runs: readonly Outcome[]): string {
  const errors = sum(runs.map((run) => run.errors))
  const refused = sum(runs.map((run) => Math.max(0, run.refused - run.mayBeRefused)))
  const more = [...(errors > 0 ? [`${errors} 5xx`] : []), ...(refused > 0 ? [`${refused} refused`] : [])]
  return [spread(runs.map(lossOf)), ...more].join('; ')
}

function spread(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? `${least}` : `${median(counts)} (${least} to ${most})`
}

function exitText(runs: readonly Outcome[]): string {
  const codes = [...new Set(runs.map(({ exit }) => (exit === undefined ? 'did not exit' : `${exit}`)))]
  const times = runs.map(({ exitMs }) => exitMs)
  return `${codes.join(' or ')}, ${seconds(median(times))}${runs.length > 1 ? `, ${seconds(Math.max(...times))}` : ''}`
}

function nameOf({ contender, mode, delayMs }: Cell): string {
  return `${contender}, ${mode}, ${delayMs} ms`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
