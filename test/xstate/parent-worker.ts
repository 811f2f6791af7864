// A process with an XState machine that drains a server by a flip, and keeps its snapshot in a file. The first one gets stuck
// in the step, to be killed there; the second goes on from the snapshot.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chart, createGate, type FlipResult } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { phaseActor } from 'phasegate/xstate'
import { assign, createActor, setup, waitFor } from 'xstate'

export interface ParentOrders {
  readonly folder: string
  readonly role: 'first' | 'second'
}

const { folder, role }: ParentOrders = JSON.parse(process.argv[2] ?? '{}')
const file = (name: string): string => join(folder, name)

const server = chart('server', { version: 1 })
  .phase('serving', { initial: true })
  .phase('draining')
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .step('cordon', {
        run: async ({ stepKey }) => {
          appendFileSync(file('effects'), `${stepKey}\n`)
          if (role === 'first') {
            process.send?.('in the step')
            await new Promise(() => undefined)
          }
          return { by: role }
        },
      }),
  )
  .flip('restore', (f) => f.from('draining').to('serving'))
  .build()

const gate = createGate(server, { journal: fileJournal(file('journal')), leaseTtl: '500ms' })
const machine = setup({
  types: {} as { context: { result?: FlipResult } },
  actors: { db: phaseActor(gate, 'db-7') },
}).createMachine({
  initial: 'draining',
  context: {},
  states: {
    draining: {
      invoke: {
        src: 'db',
        input: { flip: 'drain' },
        onDone: { target: 'drained', actions: assign({ result: ({ event }) => event.output }) },
        onError: 'failed',
      },
    },
    drained: {},
    failed: {},
  },
})

const kept = file('snapshot.json')
const parent = createActor(machine, existsSync(kept) ? { snapshot: JSON.parse(readFileSync(kept, 'utf8')) } : {})
parent.subscribe(() => writeFileSync(kept, JSON.stringify(parent.getPersistedSnapshot())))
parent.start()
writeFileSync(kept, JSON.stringify(parent.getPersistedSnapshot()))
const { value, context } = await waitFor(parent, (state) => !state.matches('draining'))
process.send?.({ value, outputs: context.result?.outputs })
await gate.close()
process.disconnect?.()
