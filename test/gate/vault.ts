import { chart, createGate, deny, memoryJournal, policy } from 'phasegate'
import { z } from 'zod'
import { virtualClock } from '../../src/testing/time/index.ts'
import { signal } from './stage.ts'

// A chart that reserves everything: to keepers and deputies, to wardens as its operators, to a director who approves.

interface Deps {
  turn(): unknown
  back(): unknown
}

const vault = chart('vault', { version: 1 })
  .deps<Deps>()
  .phase('shut', { initial: true })
  .phase('open')
  .phase('sealed', { final: true })
  .operators('warden')
  .flip('unlock', (f) =>
    f
      .from('shut')
      .to('open')
      .input(z.object({ code: z.number() }))
      .allow('keeper', 'deputy')
      .guard('code', ({ input }) => input.code === 7 || deny('wrong code'))
      .guard(
        'hours',
        policy(() => true, { approvers: ['director'] }),
      )
      .step('turn', {
        run: ({ deps }) => deps.turn(),
        compensate: { run: ({ deps }) => deps.back(), retry: { attempts: 1 } },
      }),
  )
  .flip('lock', (f) => f.from('open').to('shut').allow('keeper'))
  .flip('look', (f) => f.from('shut').to('shut').allowAnyone())
  .flip('seal', (f) => f.from('shut', 'open').to('sealed'))
  .build()

export const keeper = { id: 'kim', roles: ['keeper'] }
export const warden = { id: 'wim', roles: ['warden'] }
export const guest = { id: 'gus', roles: ['guest'] }
export const code = { code: 7 }
export const reason = 'because'

export function open(deps: Partial<Deps> = {}) {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const gate = createGate(vault, { clock, journal, deps: { turn: () => 1, back: () => 1, ...deps } })
  return { clock, journal, gate, vault: gate.subject('vault-1') }
}

/** A vault whose flip is in progress. */
export async function unlocking() {
  const turned = signal()
  const all = open({ turn: () => turned.promise })
  const unlocked = all.vault.safeFlip('unlock', code, { actor: keeper, key: 'k' })
  await all.clock.advance(0)
  const flipId = (await all.vault.state()).flip?.id ?? ''
  return { ...all, turned, unlocked, flipId }
}

/** A vault whose flip is stuck. */
export async function stuck() {
  const jammed = (): never => {
    throw new Error('jammed')
  }
  const all = open({ turn: jammed, back: jammed })
  await all.vault.safeFlip('unlock', code, { actor: keeper })
  return { ...all, flipId: (await all.vault.state()).flip?.id ?? '' }
}
