import { chart, deny } from '../../../src/index.ts'
import type { Ledger } from '../../../src/testing/index.ts'

// A balancer and a pool, as a test of a user would fake them.

export interface Deps {
  readonly lb: {
    readonly cordoned: Set<string>
    peers: number
    cordon(node: string, token: { readonly stepKey: string; readonly epoch: number }): Promise<string>
    uncordon(node: string): Promise<void>
  }
  readonly pool: { open: number; close(): Promise<number> }
}

export function fakes({ ledger }: { readonly ledger: Ledger }): Deps {
  const cordoned = new Set<string>()
  return {
    lb: {
      cordoned,
      peers: 3,
      async cordon(node, token) {
        await Promise.resolve()
        return ledger.take(token, () => {
          cordoned.add(node)
          return node
        })
      },
      async uncordon(node) {
        await Promise.resolve()
        cordoned.delete(node)
      },
    },
    pool: {
      open: 2,
      async close() {
        await Promise.resolve()
        const { open } = this
        this.open = 0
        return open
      },
    },
  }
}

export const server = chart('server', { version: 1 })
  .deps<Deps>()
  .phase('serving', { initial: true })
  .phase('draining', { after: { '15m': 'stop' } })
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .guard('peers-healthy', ({ deps }) => deps.lb.peers > 1 || deny('no healthy peer'))
      .step('cordon', {
        run: ({ deps, subject, stepKey, epoch }) => deps.lb.cordon(subject, { stepKey, epoch }),
        compensate: ({ deps, subject }) => deps.lb.uncordon(subject),
        timeout: '10s',
        retry: { attempts: 3 },
      })
      .step('close pool', { run: ({ deps }) => deps.pool.close(), compensate: ({ deps }) => void (deps.pool.open = 2) })
      .confirm('no open connections', ({ deps }) => deps.pool.open === 0, { within: '30s' }),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .flip('stop', (f) => f.from('draining').to('stopped'))
  .build()
