import type { Stop } from '../../base/index.ts'

/** What Node tells of when nobody has caught it. */
export type CrashEvent = 'uncaughtException' | 'unhandledRejection'

/**
 * What becomes of the process. `leave`: what Node makes of it, which is its end. `drain`: what is in flight is answered
 * first, within the crash grace, and the process ends with code 1.
 */
export type CrashPolicy = 'leave' | 'drain'

/** Calls `crashed` for what `policies` say is to be drained. */
export function watchCrashes(
  policies: { readonly [Event in CrashEvent]: CrashPolicy },
  crashed: (event: CrashEvent, thrown: unknown) => void,
): Stop {
  const onException = (error: unknown): void => crashed('uncaughtException', error)
  const onRejection = (reason: unknown): void => crashed('unhandledRejection', reason)
  if (policies.uncaughtException === 'drain') process.on('uncaughtException', onException)
  if (policies.unhandledRejection === 'drain') process.on('unhandledRejection', onRejection)
  return () => {
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }
}
