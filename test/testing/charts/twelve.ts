import { chart, type StepOptions } from 'phasegate'
import { Machine, type Settings } from './machine.ts'

/** What is outside of a machine's life. */
export interface TwelveDeps {
  readonly machine: Machine
}

/** A world with one machine, as it was delivered. */
export function makeTwelveDeps(): TwelveDeps {
  return { machine: new Machine() }
}

interface Context {
  readonly deps: TwelveDeps
  readonly epoch: number
}

/** Sets `name` to `to`; undone, it is `from` again. */
function set<Name extends keyof Settings>(
  name: Name,
  from: Settings[Name],
  to: Settings[Name],
): StepOptions<Context, { readonly was: Settings[Name] }> {
  return {
    run: async ({ deps, epoch }) => {
      await deps.machine.set(name, to, epoch)
      return { was: from }
    },
    compensate: ({ deps, epoch }) => deps.machine.set(name, from, epoch),
    timeout: '30s',
    retry: { attempts: 3, base: '1s' },
  }
}

/** Who may do all of it. */
export const operator = { id: 'kim', roles: ['sre'] } as const

/** The life of a machine in a fleet, from its delivery to its end: twelve flips of two or three steps. */
export function twelveChart() {
  return chart('machine', { version: 1 })
    .deps<TwelveDeps>()
    .phase('delivered', { initial: true })
    .phase('imaged')
    .phase('configured')
    .phase('ready')
    .phase('serving')
    .phase('cordoned')
    .phase('suspect')
    .phase('scrapped', { final: true })
    .flip('image', (f) =>
      f
        .from('delivered')
        .to('imaged')
        .allow('sre')
        .step('power on', set('power', 'off', 'on'))
        .step('install', set('image', 'none', 'plain')),
    )
    .flip('configure', (f) =>
      f
        .from('imaged')
        .to('configured')
        .allow('sre')
        .step('write', set('image', 'plain', 'configured'))
        .step('label', set('label', 'spare', 'in use')),
    )
    .flip('join', (f) =>
      f
        .from('configured')
        .to('ready')
        .allow('sre')
        .step('enter', set('member', 'no', 'yes'))
        .step('watch', set('alerts', 'silent', 'loud')),
    )
    .flip('serve', (f) =>
      f
        .from('ready')
        .to('serving')
        .allow('sre')
        .guard('is watched', ({ deps }) => deps.machine.settings.alerts === 'loud')
        .step('look', { run: ({ deps }) => ({ label: deps.machine.settings.label }) })
        .step('schedule', set('work', 'none', 'runs')),
    )
    .flip('cordon', (f) =>
      f
        .from('serving')
        .to('cordoned')
        .allow('sre')
        .step('hush', set('alerts', 'loud', 'silent'))
        .step('move work away', set('work', 'runs', 'none'))
        .confirm('nothing runs', ({ deps }) => deps.machine.settings.work === 'none', { within: '1m' }),
    )
    .flip('uncordon', (f) =>
      f
        .from('cordoned')
        .to('serving')
        .allow('sre')
        .step('schedule', set('work', 'none', 'runs'))
        .step('watch', set('alerts', 'silent', 'loud')),
    )
    .flip('suspend', (f) =>
      f
        .from('cordoned')
        .to('suspect')
        .allow('sre')
        .step('leave', set('member', 'yes', 'no'))
        .step('label', set('label', 'in use', 'suspect')),
    )
    .flip('clear', (f) =>
      f
        .from('suspect')
        .to('cordoned')
        .allow('sre')
        .step('label', set('label', 'suspect', 'in use'))
        .step('enter', set('member', 'no', 'yes')),
    )
    .flip('reimage', (f) =>
      f
        .from('suspect')
        .to('imaged')
        .allow('sre')
        .step('power off', set('power', 'on', 'off'))
        .step('install', set('image', 'configured', 'plain'))
        .step('power on again', set('power', 'off', 'on'))
        .step('label', set('label', 'suspect', 'spare')),
    )
    .flip('leave', (f) =>
      f
        .from('ready')
        .to('configured')
        .allow('sre')
        .step('hush', set('alerts', 'loud', 'silent'))
        .step('leave', set('member', 'yes', 'no')),
    )
    .flip('wipe', (f) =>
      f
        .from('imaged')
        .to('delivered')
        .allow('sre')
        .step('erase', set('image', 'plain', 'none'))
        .step('power off', set('power', 'on', 'off')),
    )
    .flip('scrap', (f) =>
      f
        .from('suspect')
        .to('scrapped')
        .allow('sre')
        .step('erase', set('image', 'configured', 'none'))
        .step('power off', set('power', 'on', 'off'))
        .step('label', set('label', 'suspect', 'scrap')),
    )
    .build()
}

/** How a machine looks in each phase. */
const LOOKS: Readonly<Record<string, Settings>> = {
  delivered: { power: 'off', image: 'none', member: 'no', work: 'none', alerts: 'silent', label: 'spare' },
  imaged: { power: 'on', image: 'plain', member: 'no', work: 'none', alerts: 'silent', label: 'spare' },
  configured: { power: 'on', image: 'configured', member: 'no', work: 'none', alerts: 'silent', label: 'in use' },
  ready: { power: 'on', image: 'configured', member: 'yes', work: 'none', alerts: 'loud', label: 'in use' },
  serving: { power: 'on', image: 'configured', member: 'yes', work: 'runs', alerts: 'loud', label: 'in use' },
  cordoned: { power: 'on', image: 'configured', member: 'yes', work: 'none', alerts: 'silent', label: 'in use' },
  suspect: { power: 'on', image: 'configured', member: 'no', work: 'none', alerts: 'silent', label: 'suspect' },
  scrapped: { power: 'off', image: 'none', member: 'no', work: 'none', alerts: 'silent', label: 'scrap' },
}

/** What the owner of the fleet would say must hold whenever no flip is in progress. */
export const twelveTruths: Readonly<
  Record<string, (world: { readonly deps: TwelveDeps; readonly phase: string }) => boolean>
> = {
  'a machine is as its phase says': ({ deps, phase }) =>
    JSON.stringify(deps.machine.settings) === JSON.stringify(LOOKS[phase]),
  'work runs only on members that are watched': ({ deps: { machine } }) =>
    machine.settings.work === 'none' || (machine.settings.member === 'yes' && machine.settings.alerts === 'loud'),
}
