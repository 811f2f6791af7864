import type { FrontDesk } from './front-desk.ts'
import type { Settings } from './settings.ts'
import type { Traffic } from './traffic/index.ts'

/**
 * From here on only what the mode of that name admits is let in, undefined for everything. Requests that were let in before
 * may end; resolves with how many ms that took.
 */
export async function admitOnly(
  { clock, modes }: Settings,
  { desk, traffic }: { readonly desk: FrontDesk; readonly traffic: Traffic },
  name: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const startedMs = clock.monotonic()
  desk.only(modes.find((mode) => mode.name === name))
  await traffic.untilNone((incoming) => desk.mayStay(incoming), signal)
  signal.throwIfAborted()
  return Math.round(clock.monotonic() - startedMs)
}
