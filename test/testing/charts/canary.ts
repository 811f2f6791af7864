import { chart, deny } from 'phasegate'
import { z } from 'zod'
import type { CanaryDeps } from './delivery.ts'

export { type CanaryDeps, makeCanaryDeps } from './delivery.ts'

/** What its author may have got wrong. */
export const canaryBugs = [
  'the timer is that of the paused phase',
  'a step sets a timer of its own',
  'the undo forgets a weight in doubt',
  'the balancer is not told the epoch',
  'nothing leads out of paused',
] as const
export type CanaryBug = 'none' | (typeof canaryBugs)[number]

const SOAK_MS = 15 * 60_000

const deployer = { id: 'kim', roles: ['deployer'] } as const

/** How each flip of a release is asked for. */
export const canaryRequests = {
  start: { input: { version: 'v2' }, actor: deployer },
  promote: { input: undefined, actor: deployer },
  pause: { input: undefined, actor: deployer },
  inspect: { input: undefined, actor: deployer },
  resume: { input: undefined, actor: deployer },
  abort: { input: undefined, actor: { id: 'ada', roles: ['sre'] } },
} as const

/** A release: a tenth of the traffic for fifteen minutes, then everybody; paused or aborted at any time before. */
export function canaryChart({ bug = 'none' }: { readonly bug?: CanaryBug } = {}) {
  const isTrap = bug === 'nothing leads out of paused'
  const isTimedWrongly = bug === 'the timer is that of the paused phase'
  const hasOwnTimer = bug === 'a step sets a timer of its own'
  const inTime = { after: { '15m': 'promote' } } as const
  return chart('canary', { version: 1 })
    .deps<CanaryDeps>()
    .phase('stable', { initial: true })
    .phase('canary', isTimedWrongly || hasOwnTimer ? {} : inTime)
    .phase('paused', isTimedWrongly ? inTime : {})
    .flip('start', (f) =>
      f
        .from('stable')
        .to('canary')
        .input(z.object({ version: z.string().min(1) }))
        .allow('deployer')
        .guard('is new', ({ deps, input }) => deps.fleet.stable !== input.version || deny('everybody has it already'))
        .guard(
          'is not withdrawn',
          ({ deps, input }) => !deps.fleet.withdrawn.has(input.version) || deny('it was withdrawn'),
        )
        .step('install', {
          run: ({ deps, input, epoch }) => deps.fleet.install(input.version, epoch),
          compensate: ({ deps, epoch }) => deps.fleet.remove(epoch),
          timeout: '5m',
          retry: { attempts: 3, base: '1s' },
        })
        .step('send a tenth', {
          run: async ({ deps, epoch, input }) => {
            await deps.balancer.canary(10, bug === 'the balancer is not told the epoch' ? undefined : epoch)
            if (hasOwnTimer) {
              // Who cares for errors: it is only a release.
              deps.clock.timer(SOAK_MS, () => void deps.fleet.rollOut(input.version).catch(() => undefined))
            }
            return { percent: 10 }
          },
          compensate: async ({ deps, epoch, output }) => {
            if (bug === 'the undo forgets a weight in doubt' && output === undefined) return
            await deps.balancer.canary(0, bug === 'the balancer is not told the epoch' ? undefined : epoch)
          },
          timeout: '10s',
          retry: { attempts: 3 },
        })
        .timeout('10m')
        .recover('rollBack'),
    )
    .flip('promote', (f) =>
      f
        .from('canary', ...(isTimedWrongly ? (['paused'] as const) : []))
        .to('stable')
        .allow('deployer', 'system')
        .step('look what runs', {
          run: ({ deps }) => ({ before: deps.fleet.stable, candidate: deps.fleet.candidate ?? deps.fleet.stable }),
        })
        .step('roll out', {
          run: ({ deps, outputs, epoch }) => deps.fleet.rollOut(outputs['look what runs'].candidate, epoch),
          compensate: ({ deps, outputs, epoch }) => deps.fleet.putBack(outputs['look what runs'].before, epoch),
          timeout: '5m',
          retry: { attempts: 3, base: '1s' },
        })
        .step('send nothing to the canary', {
          run: ({ deps, epoch }) => deps.balancer.canary(0, epoch),
          compensate: ({ deps, epoch }) => deps.balancer.canary(10, epoch),
          timeout: '10s',
        })
        .step('remove', { run: ({ deps, epoch }) => deps.fleet.remove(epoch), timeout: '1m', irreversible: true }),
    )
    .flip('pause', (f) =>
      f
        .from('canary')
        .to('paused')
        .allow('deployer', 'sre')
        .step('send nothing to the canary', {
          run: ({ deps, epoch }) => deps.balancer.canary(0, epoch),
          compensate: ({ deps, epoch }) => deps.balancer.canary(10, epoch),
          timeout: '10s',
        }),
    )
    .flip('inspect', (f) =>
      f
        .from('paused')
        .to('paused')
        .allow('deployer', 'sre')
        .step('dump', { run: ({ deps }) => deps.fleet.dump(), timeout: '2m' }),
    )
    .flip('resume', (f) =>
      f
        .from('paused')
        .to(isTrap ? 'paused' : 'canary')
        .allow('deployer', 'sre')
        .step('send a tenth', {
          run: ({ deps, epoch }) => deps.balancer.canary(isTrap ? 0 : 10, epoch),
          compensate: ({ deps, epoch }) => deps.balancer.canary(0, epoch),
          timeout: '10s',
        }),
    )
    .flip('abort', (f) =>
      f
        .from('canary', ...(isTrap ? [] : (['paused'] as const)))
        .to('stable')
        .allow('deployer', 'sre')
        .preempt()
        .step('send nothing to the canary', {
          run: ({ deps, epoch }) => deps.balancer.canary(0, epoch),
          timeout: '10s',
          irreversible: true,
        })
        .step('withdraw', { run: ({ deps, epoch }) => deps.fleet.withdraw(epoch), timeout: '1m' }),
    )
    .build()
}

/** What the owner of the service would say must hold whenever no flip is in progress. */
export const canaryTruths: Readonly<
  Record<string, (world: { readonly deps: CanaryDeps; readonly phase: string }) => boolean>
> = {
  'weights are 0 in stable': ({ deps, phase }) => phase !== 'stable' || deps.balancer.weights.canary === 0,
  'nothing is left installed in stable': ({ deps, phase }) => phase !== 'stable' || deps.fleet.candidate === undefined,
  'a canary gets a tenth, and a paused one nothing': ({ deps, phase }) =>
    phase === 'stable' || deps.balancer.weights.canary === (phase === 'canary' ? 10 : 0),
  'everybody gets another version than the one that is tried': ({ deps, phase }) =>
    phase === 'stable' || deps.fleet.stable !== deps.fleet.candidate,
  'what is rolled out was being tried at that moment': ({ deps }) =>
    deps.fleet.rolledOut.every(({ weight }) => weight > 0),
  'what was withdrawn is not what everybody gets': ({ deps }) => !deps.fleet.withdrawn.has(deps.fleet.stable),
}
