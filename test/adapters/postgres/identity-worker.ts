import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import pg from 'pg'
import { createGate } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { shuttle } from './shuttle.ts'

// A process with two gates that are given nothing but a journal. It flips subjects that others flip as well, and then may
// start another of its kind.

const [url = '', schema = '', next = 'none'] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url })
const journal = () => postgresJournal(pool, { schema })
const gates = [journal(), journal()].map((given) => createGate(shuttle, { deps: { effects: [] }, journal: given }))
const flips = gates.flatMap((gate) =>
  ['x', 'y', `own ${gate.owner}`].map(async (id) => {
    await gate.subject(id).safeFlip('go', undefined, { wait: '10s' })
    await gate.subject(id).safeFlip('return', undefined, { wait: '10s' })
  }),
)
await Promise.all(flips)
await pool.end()

const args = [url, schema]
const self = fileURLToPath(import.meta.url)
if (next === 'fork') await once(fork(self, args), 'exit')
// A thread does not take TypeScript over from its process.
const inThread = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(self)})))`
if (next === 'thread') await once(new Worker(inThread, { eval: true, argv: args }), 'exit')
