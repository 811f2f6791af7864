import { spawn } from 'node:child_process'

/** Tells what runs this process how it is: `READY=1`, `STOPPING=1`, as sd_notify(3) has it. Never throws. */
export type ServiceManager = (state: readonly string[]) => void

/**
 * `notify` when it was given; else systemd-notify(1), which comes with systemd, where systemd asks for it by
 * `NOTIFY_SOCKET`: Node has no sockets of that kind. Failures are said once.
 */
export function serviceManager(
  notify: ((state: readonly string[]) => unknown) | false | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
  say: (line: string) => void,
): ServiceManager {
  if (notify === false || (notify === undefined && env.NOTIFY_SOCKET === undefined)) return () => {}
  const tell = notify ?? systemdNotify
  let told: Promise<unknown> = Promise.resolve()
  let hasFailed = false
  return (state) => {
    // One after the other: what comes last is what is the case.
    told = told
      .then(() => tell(state))
      .catch((error: unknown) => {
        if (!hasFailed) say(`the service manager could not be told ${state[0]}: ${String(error)}`)
        hasFailed = true
      })
  }
}

/** Asks for `ms` from now on, and a little more, before it is taken to hang. */
export function extendTimeout(ms: number): string {
  return `EXTEND_TIMEOUT_USEC=${(ms + SPARE_MS) * 1_000}`
}

const SPARE_MS = 2_000

function systemdNotify(state: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...state], { stdio: 'ignore' })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`systemd-notify ended with ${code}`))))
  })
}
