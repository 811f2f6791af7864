import { z } from 'zod'
import { chart, deny } from '../../src/chart/index.ts'

interface LoadBalancer {
  healthy(): Promise<number>
  cordon(): Promise<{ server: string }>
  uncordon(cordoned: { server: string } | undefined): Promise<void>
}

interface Pool {
  idle(): boolean
}

/** The example of the documentation, with everything a flip can say. */
export const upgrade = chart('db-upgrade', { version: 1 })
  .deps<{ lb: LoadBalancer; pool: Pool }>()
  .phase('serving', { initial: true })
  .phase('draining', { after: { '15m': 'restore' } })
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .input(z.object({ reason: z.string().min(1), force: z.boolean().default(false) }))
      .allow('sre', 'deployer')
      .guard('peers-healthy', async ({ deps }) => (await deps.lb.healthy()) > 1 || deny('no healthy peer'))
      .step('cordon', {
        run: ({ deps }) => deps.lb.cordon(),
        compensate: ({ deps, output }) => deps.lb.uncordon(output),
        timeout: '10s',
        retry: { attempts: 3 },
      })
      .step('count', { run: ({ outputs }) => outputs.cordon.server.length, once: true })
      .confirm('no open connections', ({ deps }) => deps.pool.idle(), { within: '30s' })
      .timeout('10m')
      .recover('rollBack')
      .exclusive('db-maintenance')
      .preempt(),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .flip('stop', (f) => f.from('serving', 'draining').to('stopped'))
  .build()
