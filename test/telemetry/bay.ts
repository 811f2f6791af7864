import { chart, createGate, type Telemetry } from 'phasegate'
import { stage } from '../gate/stage.ts'

/** What each part does, by kind and name: `step lift`. Whatever is not named does nothing, or says yes. */
export type Acts = { readonly [part: string]: (() => unknown) | undefined }

interface Deps {
  act(part: string): unknown
}

/** A loading bay: a flip with every kind of part, one for porters, one for whom there is water, one by a timer. */
export const bay = chart('bay', { version: 1 })
  .deps<Deps>()
  .operators('porter')
  .phase('shut', { initial: true })
  .phase('open', { after: { '1h': 'close' } })
  .flip('raise', (f) =>
    f
      .from('shut')
      .to('open')
      .allowAnyone()
      .guard('clear', ({ deps }) => deps.act('guard clear') as boolean)
      .step('unlock', { run: ({ deps }) => deps.act('step unlock'), compensate: ({ deps }) => deps.act('undo unlock') })
      .step('lift', {
        run: ({ deps }) => deps.act('step lift'),
        compensate: { run: ({ deps }) => deps.act('undo lift'), retry: { attempts: 1 } },
        retry: { attempts: 2, base: '1s', cap: '1s' },
        timeout: '1m',
      })
      .confirm('level', ({ deps }) => deps.act('confirm level') as boolean, { within: '30s', poll: '1s' }),
  )
  .flip('lower', (f) => f.from('open').to('shut').allow('porter'))
  .flip('hose', (f) =>
    f
      .from('shut')
      .to('shut')
      .allowAnyone()
      .exclusive('water')
      .step('spray', { run: ({ deps }) => deps.act('step spray') }),
  )
  .flip('close', (f) => f.from('open').to('shut').allowAnyone())
  .build()

export const porter = { id: 'kim', roles: ['porter'] }
export const order = { actor: porter, reason: 'it rains' }

export const fail = (): never => {
  throw new Error('the chain broke')
}

/** A part that never ends by itself. */
export const never = (): Promise<never> => new Promise(() => undefined)

export function open(telemetry: Telemetry | undefined, acts: Acts = {}, { clock, journal, lock } = stage()) {
  const act = (part: string): unknown => {
    const does = acts[part]
    return does === undefined ? true : does()
  }
  const gate = createGate(bay, { clock, journal, lock, deps: { act }, random: () => 0.5, telemetry })
  return { clock, journal, lock, gate, bay: gate.subject('north') }
}
