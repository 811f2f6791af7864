import { type Duration, duration, formatMs, refuse } from '../../base/index.ts'

/** When the platform ends a process by SIGKILL that does not end by itself, and who says so. */
export interface KillAfter {
  readonly ms: number
  readonly because: string
}

const KUBERNETES_MS = 30_000
const VARIABLE = 'TERMINATION_GRACE_PERIOD_SECONDS'

/**
 * What is known of it: what it was told, else `TERMINATION_GRACE_PERIOD_SECONDS`, else the default of the platform that
 * the environment shows; undefined when nothing is known. Throws `OPTION_INVALID`.
 */
export function killAfter(option: Duration | undefined, env: Readonly<NodeJS.ProcessEnv>): KillAfter | undefined {
  if (option !== undefined) return { ms: duration(option, 'killAfter', 0), because: 'killAfter' }
  const seconds = env[VARIABLE]
  if (seconds !== undefined) {
    if (!/^\d+$/.test(seconds)) return refuse(VARIABLE, seconds, 'whole seconds, such as "30"')
    return { ms: Number(seconds) * 1_000, because: VARIABLE }
  }
  if (env.KUBERNETES_SERVICE_HOST !== undefined) {
    return { ms: KUBERNETES_MS, because: `the default of Kubernetes; say otherwise by ${VARIABLE}` }
  }
  return undefined
}

/** What is wrong when a drain that takes its whole `graceMs` would be killed; undefined when it fits. */
export function tooLate(graceMs: number, kill: KillAfter | undefined): string | undefined {
  if (kill === undefined || graceMs < kill.ms) return undefined
  return (
    `grace ${formatMs(graceMs)} does not fit: the process is killed ${formatMs(kill.ms)} after the signal ` +
    `(${kill.because}); make grace shorter, or that longer`
  )
}
