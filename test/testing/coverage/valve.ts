import { chart, createGate, type Telemetry } from 'phasegate'
import { virtualClock } from '../../../src/testing/time/index.ts'

/** What the parts of the valve do: each may be made to fail. */
export interface Works {
  guard: boolean
  step: boolean
  undo: boolean
  confirm: boolean
}

/** A chart with one of each: a guard, steps with and without an undo, a confirm, a step that cannot be undone. */
export const valveOf = (version: number, options?: { readonly lock?: boolean }) => {
  const plain = chart('valve', { version })
    .deps<Works>()
    .phase('open', { initial: true })
    .phase('shut')
    .phase('gone', { final: true })
    .flip('shut', (f) =>
      f
        .from('open')
        .to('shut')
        .guard('calm', ({ deps }) => deps.guard)
        .step('turn', {
          run: () => null,
          compensate: {
            run: ({ deps }) => {
              if (!deps.undo) throw new Error('rusty')
            },
            retry: { attempts: 1 },
          },
        })
        .step('tag', {
          run: ({ deps }) => {
            if (!deps.step) throw new Error('no tag')
            return null
          },
        })
        .confirm('tight', ({ deps }) => deps.confirm, { within: '5s' }),
    )
    .flip('open', (f) => f.from('shut').to('open'))
  const last = plain.flip('scrap', (f) =>
    f
      .from('open', 'shut')
      .to('gone')
      .step('cut', { run: () => null, irreversible: true }),
  )
  return options?.lock === true ? last.flip('lock', (f) => f.from('shut').to('open')).build() : last.build()
}

export const valve = valveOf(1)

/** A subject of the valve that is watched, and time. */
export function watched(telemetry: Telemetry, works: Partial<Works> = {}, of = valve) {
  const deps: Works = { guard: true, step: true, undo: true, confirm: true, ...works }
  const clock = virtualClock()
  const gate = createGate(of, { deps, telemetry, clock })
  return { deps, clock, gate, subject: gate.subject('cold') }
}
