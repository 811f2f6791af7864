import { createHash } from 'node:crypto'
import { canonical } from '../base/index.ts'
import type { AnyChart, FlipSpec, GuardSpec, StepSpec } from './types.ts'

/**
 * SHA-256, in hex, of what a chart says: names, order and options. Neither the bodies of functions nor the version and
 * the migrations, which say how charts follow one another, not what this one is.
 */
export function fingerprint(chart: Pick<AnyChart, 'name' | 'phases' | 'flips' | 'operators'>): string {
  const content = {
    name: chart.name,
    phases: [...chart.phases.values()].map(({ name, initial, final, after }) => ({ name, initial, final, after })),
    flips: [...chart.flips.values()].map(flipContent),
    // Said only where they are declared: charts that knew no operators keep their fingerprints.
    operators: chart.operators.length === 0 ? undefined : chart.operators,
  }
  return createHash('sha256').update(canonical(content, 'chart')).digest('hex')
}

// Each field is listed by hand: a field that the runtime comes to need must not change stored fingerprints unnoticed.
function flipContent(flip: FlipSpec): object {
  return {
    name: flip.name,
    from: flip.from,
    to: flip.to,
    input: flip.input !== undefined,
    // Said only where it is so, as `atomic` below.
    sensitive: flip.sensitive?.paths,
    allow: flip.allow,
    anyone: flip.anyone || undefined,
    guards: flip.guards.map(guardContent),
    steps: flip.steps.map(stepContent),
    confirms: flip.confirms.map(({ name, withinMs, pollMs }) => ({ name, withinMs, pollMs })),
    timeoutMs: flip.timeoutMs,
    recover: flip.recover,
    exclusive: flip.exclusive,
    preempt: flip.preempt,
  }
}

function guardContent({ name, timeoutMs, policy }: GuardSpec): object {
  // Said only where it is so: charts that knew no policies keep their fingerprints.
  return { name, timeoutMs, policy }
}

function stepContent({ name, compensate, timeoutMs, retry, once, irreversible, atomic }: StepSpec): object {
  const undo = compensate && { timeoutMs: compensate.timeoutMs, retry: compensate.retry }
  // Said only where it is so: charts that knew no transactions keep their fingerprints.
  return { name, compensate: undo, timeoutMs, retry, once, irreversible, atomic: atomic || undefined }
}
