import fc, { type IAsyncPropertyWithHooks } from 'fast-check'
import type { DepsOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import { commandFor } from './commands.ts'
import { Drive } from './drive.ts'
import { type FlipsArguments, type FlipsSettings, parseFlipsOptions } from './options.ts'
import { Scripts } from './scripts.ts'

/** What `fc.assert` takes. */
export type FlipsProperty = IAsyncPropertyWithHooks<[commands: object]>

/**
 * A property of fast-check: whatever is asked of a subject, in whatever order, by callers at one time, with crashes, failing
 * steps, time and `events` between, the promises of the library and the user's `invariants` hold. Each run has a simulated
 * process and a world of its own, and the same seed is the same run. What fails is made shorter, to a list that reads as a
 * transcript.
 * @throws OPTION_INVALID naming the option; the property fails with PROOF_FAILED
 * @example await fc.assert(flips(upgrade, { deps: fakes, invariants: { 'no write is lost': ({ deps }) => deps.lost === 0 } }))
 */
export function flips<const C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>>(
  chart: C,
  ...[options]: FlipsArguments<C, Fakes>
): FlipsProperty {
  const settings: FlipsSettings = parseFlipsOptions(chart, options)
  const scripts = new Scripts(commandFor(settings), settings.commands)
  return fc.asyncProperty(scripts, (script) => Drive.run(settings, script))
}
