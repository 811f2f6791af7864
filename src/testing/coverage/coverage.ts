import { Collector, type CoverageCollector } from './collector.ts'

const EVERY_SEEN: unique symbol = Symbol.for('phasegate.coverage/1') as never

interface HasEverySeen {
  [EVERY_SEEN]?: Collector
}

/**
 * All that was seen in this process: by simulations, and by every collector that `coverage()` makes. One for all copies of
 * this module: test runners give each file modules of its own.
 */
export const everySeen: Collector = ((globalThis as HasEverySeen)[EVERY_SEEN] ??= new Collector([]))

/**
 * Notes which phases, flips, guard answers, confirms, steps and undos of a gate were seen; it counts for the run, too.
 * @example
 * const seen = coverage()
 * const gate = createGate(upgrade, { deps, telemetry: seen })
 * coverageReport(seen.data())
 */
export function coverage(): CoverageCollector {
  return new Collector([everySeen])
}
