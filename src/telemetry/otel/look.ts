import type { Observable, ObservableResult } from '@opentelemetry/api'
import type { Stop } from '../../ports/index.ts'
import type { Watched } from '../index.ts'

/** A number that costs a question, and how often it may be asked. */
interface Question {
  readonly ask: () => Promise<number>
  readonly everyMs: number
}

/**
 * Lets `gauge` show what `ask` answers, asked by the gate's clock at most every `everyMs`, however often it is looked at.
 * It shows nothing when there was no answer: better than an old number.
 */
export function observe(gate: Watched, gauge: Observable, { ask, everyMs }: Question): Stop {
  let last: { readonly atMs: number; readonly answer: Promise<number | undefined> } | undefined
  const look = (): Promise<number | undefined> =>
    ask().catch((error: unknown) => {
      gate.failed(error, 'telemetry')
      return undefined
    })
  const callback = async (result: ObservableResult): Promise<void> => {
    const atMs = gate.clock.monotonic()
    if (last === undefined || atMs - last.atMs >= everyMs) last = { atMs, answer: look() }
    const answer = await last.answer
    if (answer !== undefined) result.observe(answer, { chart: gate.chart.name })
  }
  gauge.addCallback(callback)
  return () => gauge.removeCallback(callback)
}
