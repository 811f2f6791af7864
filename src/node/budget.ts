import { duration, formatMs, PhasegateError, refuse } from '../base/index.ts'
import type { LameDuckOptions, ServiceOptions } from './options.ts'
import { END_MS } from './platform/index.ts'
import type { LameDuckLimits } from './traffic/index.ts'

/** For how long each part of a drain may take, in ms. */
export interface Budget {
  readonly graceMs: number
  readonly deadlineMs: number
}

/** One budget: what the parts may take has to fit, or the platform kills what is still being served. */
export function parseBudget(
  { grace, deadline }: Pick<ServiceOptions<string>, 'grace' | 'deadline'>,
  lameDuckMs: number,
  releaseMs: number,
): Budget {
  const graceMs = duration(grace, 'grace', '25s')
  const leftMs = graceMs - lameDuckMs - releaseMs - END_MS
  const deadlineMs = duration(deadline, 'deadline', Math.max(leftMs, 0))
  if (deadlineMs <= leftMs) return { graceMs, deadlineMs }
  const parts = {
    'lameDuck.max': lameDuckMs,
    ...(deadlineMs > 0 && { deadline: deadlineMs }),
    ...(releaseMs > 0 && { dependencies: releaseMs }),
    end: END_MS,
  }
  const sum = Object.entries(parts).map(([part, ms]) => `${part} ${formatMs(ms)}`)
  const sumMs = lameDuckMs + deadlineMs + releaseMs + END_MS
  const value = formatMs(graceMs)
  const expected = `at least ${sum.join(' + ')} = ${formatMs(sumMs)}`
  const message = `grace is ${value}; it must be ${expected}`
  throw new PhasegateError('OPTION_INVALID', message, { option: 'grace', value, expected })
}

/** Throws `OPTION_INVALID`, naming the limit. */
export function parseLameDuck(options: LameDuckOptions): LameDuckLimits {
  const minMs = duration(options.min, 'lameDuck.min', '500ms')
  const quietMs = duration(options.quiet, 'lameDuck.quiet', '1s')
  const maxMs = duration(options.max, 'lameDuck.max', '10s')
  if (minMs > maxMs) return refuse('lameDuck.min', options.min, `at most lameDuck.max, ${formatMs(maxMs)}`)
  return { minMs, quietMs, maxMs }
}
