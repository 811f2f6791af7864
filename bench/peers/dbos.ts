import { deepEqual, equal } from 'node:assert/strict'
import type { Pool } from 'pg'
import { done, type Rival, SHIP } from '../orders.ts'
import { peer, VERSIONS } from './install.ts'

interface Dbos {
  readonly DBOS: {
    setConfig(config: object): void
    launch(): Promise<void>
    shutdown(): Promise<void>
    registerWorkflow<Args extends readonly unknown[], Result>(
      work: (...args: Args) => Promise<Result>,
      options: { readonly name: string },
    ): (...args: Args) => Promise<Result>
    runStep<Result>(work: () => Promise<Result>, options: { readonly name: string }): Promise<Result>
    withNextWorkflowID<Result>(id: string, work: () => Promise<Result>): Promise<Result>
    listWorkflowSteps(id: string): Promise<readonly { readonly name: string; readonly output: unknown }[] | undefined>
    getWorkflowStatus(id: string): Promise<{ readonly status: string } | null>
  }
}

/** A workflow of three steps, its id the key, in the calling process and on the pool that it is given. */
export async function dbos(pool: Pool, url: string): Promise<Rival> {
  const { DBOS } = await peer<Dbos>('@dbos-inc/dbos-sdk')
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, systemDatabasePool: pool, logLevel: 'error' })
  let steps = 0
  const work = (): ReturnType<typeof done> => {
    steps++
    return done()
  }
  const ship = DBOS.registerWorkflow(
    async (order: string) => {
      for (const name of SHIP) await DBOS.runStep(work, { name })
      return order
    },
    { name: 'ship' },
  )
  await DBOS.launch()
  const flip = async (order: string, turn: number): Promise<void> => {
    await DBOS.withNextWorkflowID(`${order}/${turn}`, () => ship(order))
  }
  return {
    name: `DBOS ${VERSIONS['@dbos-inc/dbos-sdk']}, a workflow`,
    flip,
    verify: async () => {
      await flip('order-checked', 1)
      await flip('order-checked', 1)
      equal(steps, SHIP.length, 'the same key is done once')
      const recorded = await DBOS.listWorkflowSteps('order-checked/1')
      const outputs = recorded?.map(({ name, output }) => ({ name, output }))
      deepEqual(
        outputs,
        SHIP.map((name) => ({ name, output: { done: true } })),
      )
      equal((await DBOS.getWorkflowStatus('order-checked/1'))?.status, 'SUCCESS')
    },
    close: () => DBOS.shutdown(),
  }
}
