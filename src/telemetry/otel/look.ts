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
 * When there was no answer it shows NaN: of what is not observed an SDK goes on to show the last number.
 */
export function observe(gate: Watched, gauge: Observable, { ask, everyMs }: Question): Stop {
  let last: { readonly atMs: number; readonly answer: Promise<number> } | undefined
  const look = (): Promise<number> =>
    ask().catch((error: unknown) => {
      gate.failed(error, 'telemetry')
      return Number.NaN
    })
  const callback = async (result: ObservableResult): Promise<void> => {
    const atMs = gate.clock.monotonic()
    if (last === undefined || atMs - last.atMs >= everyMs) last = { atMs, answer: look() }
    result.observe(await last.answer, { chart: gate.chart.name })
  }
  gauge.addCallback(callback)
  return () => gauge.removeCallback(callback)
}
