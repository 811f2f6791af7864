import { chart, deny } from '../../../src/index.ts'
import type { Ledger, Token } from '../../../src/testing/index.ts'

// A balancer and a pool, as a test of a user would fake them.

export interface Deps {
  readonly lb: {
    readonly cordoned: Set<string>
    peers: number
    cordon(node: string, token: Token): Promise<string>
    uncordon(node: string, token: Token): Promise<void>
  }
  readonly pool: { open: number; close(token: Token): Promise<number>; reopen(token: Token): Promise<void> }
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
      async uncordon(node, token) {
        await Promise.resolve()
        ledger.take(token, () => cordoned.delete(node))
      },
    },
    pool: {
      open: 2,
      async close(token) {
        await Promise.resolve()
        return ledger.take(token, () => {
          const { open } = this
          this.open = 0
          return open
        })
      },
      async reopen(token) {
        await Promise.resolve()
        ledger.take(token, () => {
          this.open = 2
        })
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
        compensate: ({ deps, subject, stepKey, epoch }) => deps.lb.uncordon(subject, { stepKey, epoch }),
        timeout: '10s',
        retry: { attempts: 3 },
      })
      .step('close pool', {
        run: ({ deps, stepKey, epoch }) => deps.pool.close({ stepKey, epoch }),
        compensate: ({ deps, stepKey, epoch }) => deps.pool.reopen({ stepKey, epoch }),
      })
      .confirm('no open connections', ({ deps }) => deps.pool.open === 0, { within: '30s' }),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .flip('stop', (f) => f.from('draining').to('stopped'))
  .build()
