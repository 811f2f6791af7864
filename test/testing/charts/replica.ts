import { type Clock, chart, deny } from 'phasegate'
import { z } from 'zod'
import { Cluster, Dashboard } from './cluster.ts'

/** What is outside of a failover. */
export interface ReplicaDeps {
  readonly cluster: Cluster
  readonly dashboard: Dashboard
}

/** What its author may have got wrong. */
export const replicaBugs = ['the lag is read from the dashboard', 'the undo forgets a fence in doubt'] as const
export type ReplicaBug = 'none' | (typeof replicaBugs)[number]

/** A world in which west leads, east follows two seconds behind, and clients write. */
export function makeReplicaDeps({ clock }: { readonly clock: Clock }): ReplicaDeps {
  const cluster = new Cluster(clock)
  return { cluster, dashboard: new Dashboard(cluster, clock) }
}

const dba = { id: 'ada', roles: ['dba'] } as const

/** How each flip of a replica is asked for. */
export const replicaRequests = {
  promote: { input: { reason: 'west is to be patched' }, actor: dba },
  'switch back': { input: { reason: 'west is patched' }, actor: dba },
  'set aside': { input: undefined, actor: dba },
  'take back': { input: undefined, actor: dba },
} as const

/** The replica in the east: it follows, or leads, or is set aside for a backup. */
export function replicaChart({ bug = 'none' }: { readonly bug?: ReplicaBug } = {}) {
  const input = z.object({ reason: z.string().min(1) })
  const isStale = bug === 'the lag is read from the dashboard'
  return chart('replica', { version: 1 })
    .deps<ReplicaDeps>()
    .phase('following', { initial: true })
    .phase('leading')
    .phase('set aside')
    .flip('promote', (f) =>
      f
        .from('following')
        .to('leading')
        .input(input)
        .allow('dba', 'sre')
        .guard('keeps up', async ({ deps }) =>
          isStale
            ? (await deps.dashboard.lag()) === 0 || deny('behind')
            : (await deps.cluster.lag()) <= 100 || deny('too far behind'),
        )
        .step('fence west', {
          run: async ({ deps, epoch }) => {
            await deps.cluster.fence('west', epoch)
            return { fenced: 'west' }
          },
          compensate: async ({ deps, epoch, output }) => {
            if (bug === 'the undo forgets a fence in doubt' && output === undefined) return
            await deps.cluster.unfence('west', epoch)
          },
          timeout: '10s',
          // Nobody goes on with a failover that broke down at its beginning.
          once: true,
        })
        .step('catch up', {
          // Somebody has looked at the lag already, has not he?
          run: ({ deps, signal }) => (isStale ? undefined : deps.cluster.caughtUp(signal)),
          timeout: '30s',
        })
        .step('promote east', {
          run: ({ deps, epoch }) => deps.cluster.promote('east', epoch),
          timeout: '10s',
          retry: { attempts: 5 },
          irreversible: true,
        })
        .step('repoint clients', {
          run: ({ deps, epoch }) => deps.cluster.point('east', epoch),
          timeout: '10s',
          retry: { attempts: 10, cap: '5s' },
        })
        .timeout('3m'),
    )
    .flip('switch back', (f) =>
      f
        .from('leading')
        .to('following')
        .input(input)
        .allow('dba')
        .guard('keeps up', async ({ deps }) => (await deps.cluster.lag()) <= 100 || deny('too far behind'))
        .step('fence east', {
          run: ({ deps, epoch }) => deps.cluster.fence('east', epoch),
          compensate: ({ deps, epoch }) => deps.cluster.unfence('east', epoch),
          timeout: '10s',
          retry: { attempts: 3 },
        })
        .step('catch up', { run: ({ deps, signal }) => deps.cluster.caughtUp(signal), timeout: '30s' })
        .step('promote west', {
          run: ({ deps, epoch }) => deps.cluster.promote('west', epoch),
          timeout: '10s',
          irreversible: true,
        })
        .step('repoint clients', { run: ({ deps, epoch }) => deps.cluster.point('west', epoch), timeout: '10s' })
        .timeout('3m'),
    )
    .flip('set aside', (f) => f.from('following').to('set aside').allow('dba'))
    .flip('take back', (f) => f.from('set aside').to('following').allow('dba'))
    .build()
}

/** What the owner of the database would say must hold whenever no flip is in progress. */
export const replicaTruths: Readonly<
  Record<string, (world: { readonly deps: ReplicaDeps; readonly phase: string }) => boolean>
> = {
  'no row that a client was told of is lost': ({ deps }) => deps.cluster.lost === 0,
  'exactly one server takes writes': ({ deps }) => deps.cluster.writable.size === 1,
  'clients write to the server that leads': ({ deps: { cluster } }) =>
    cluster.clients === cluster.leader && cluster.writable.has(cluster.leader),
  'east leads when we say so, and only then': ({ deps, phase }) =>
    (deps.cluster.leader === 'east') === (phase === 'leading'),
}
