import { setTimeout as pause } from 'node:timers/promises'
import { chart, deny } from 'phasegate'

/** What the flips act on, and ask. */
export interface Site {
  /** How much of the traffic the new version gets, in percent. */
  readonly release: { percent: number }
  /** How many of the latest requests have failed, from 0 to 1. */
  failing(): number
}

/** How long each step of a roll-out is watched. */
const WATCH_MS = 400

/** What an API does in an emergency: it drops what it is about, sheds load, and comes back by degrees. */
export const incident = chart('incident', { version: 1 })
  .deps<Site>()
  .phase('normal', { initial: true })
  .phase('mitigation', { after: { '1s': 'recover' } })
  .phase('recovery', { after: { '500ms': 'resume' } })
  .flip('roll out', (f) =>
    f
      .from('normal')
      .to('normal')
      .allow('sre')
      .step('to 10 percent', serve(10, 0))
      .step('to 50 percent', serve(50, 10))
      .step('to 100 percent', serve(100, 50)),
  )
  // It has no steps, so that nothing of it can fail.
  .flip('mitigate', (f) => f.from('normal', 'recovery').to('mitigation').allow('sre', 'alarm').preempt())
  .flip('recover', (f) =>
    f
      .from('mitigation')
      .to('recovery')
      .allow('sre')
      .step('end of the old load', { run: ({ drained }) => drained('normal'), timeout: '10s' })
      .confirm('nothing fails', nothingFails, { poll: '50ms', within: '10s' }),
  )
  .flip('resume', (f) => f.from('recovery').to('normal').allow('sre').guard('nothing fails', nothingFails))
  .build()

/** Gives the new version its share, and goes on unless it is told to stop. */
function serve(percent: number, before: number) {
  return {
    run: async ({ deps, signal }: { readonly deps: Site; readonly signal: AbortSignal }) => {
      deps.release.percent = percent
      await pause(WATCH_MS, undefined, { signal })
    },
    compensate: ({ deps }: { readonly deps: Site }) => {
      deps.release.percent = before
    },
  }
}

function nothingFails({ deps }: { readonly deps: Site }) {
  const failing = deps.failing()
  return failing === 0 || deny(`${Math.round(failing * 100)} % of the requests fail`)
}
