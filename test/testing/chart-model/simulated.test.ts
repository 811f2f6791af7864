import { chart } from 'phasegate'
import { expect, test } from 'vitest'
import { chartModel, explore, type Simulation, simulate, sometimes } from '../../../src/testing/index.ts'

interface Deps {
  /** What was done, in order. */
  readonly log: string[]
}

const upgrade = chart('upgrade', { version: 1 })
  .deps<Deps>()
  .phase('serving', { initial: true })
  .phase('drained', { after: { '15m': 'restore' } })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('drained')
      .step('cordon', {
        run: ({ deps }) => void deps.log.push('runs cordon'),
        compensate: ({ deps }) => void deps.log.push('undoes cordon'),
      })
      .step('evict', {
        run: ({ deps }) => void deps.log.push('runs evict'),
        compensate: ({ deps }) => void deps.log.push('undoes evict'),
      }),
  )
  .flip('restore', (f) =>
    f
      .from('drained')
      .to('serving')
      .step('uncordon', { run: ({ deps }) => void deps.log.push('runs uncordon'), once: true }),
  )
  .build()

type Log = readonly string[]
const steps = Object.fromEntries(
  ['cordon', 'evict', 'uncordon'].map((name) => [
    name,
    { run: (log: Log) => [...log, `runs ${name}`], undo: (log: Log) => [...log, `undoes ${name}`] },
  ]),
)

type Sim = Simulation<typeof upgrade, Deps>

async function afterCrash(sim: Sim, trouble: () => void): Promise<void> {
  trouble()
  await sim.safeFlip('drain')
  sim.restart()
  await sim.advance('5m')
}

/** What goes wrong, or nothing, and what comes of it. */
const RUNS: readonly {
  readonly name: string
  readonly does: string
  readonly happens: (sim: Sim) => Promise<unknown>
}[] = [
  { name: 'nothing goes wrong', does: 'runs cordon, runs evict', happens: (sim) => sim.flip('drain') },
  {
    name: 'a timer',
    does: 'runs cordon, runs evict, runs uncordon',
    happens: (sim) => sim.flip('drain').then(() => sim.advance('20m')),
  },
  {
    name: 'the first step fails',
    does: 'undoes cordon',
    happens: (sim) => {
      sim.fail('cordon')
      return sim.safeFlip('drain')
    },
  },
  {
    name: 'the last step fails',
    does: 'runs cordon, undoes evict, undoes cordon',
    happens: (sim) => {
      sim.fail('evict')
      return sim.safeFlip('drain')
    },
  },
  {
    name: 'the last step fails after its effect',
    does: 'runs cordon, runs evict, undoes evict, undoes cordon',
    happens: (sim) => {
      sim.fail('evict', undefined, { late: true })
      return sim.safeFlip('drain')
    },
  },
  {
    name: 'a crash before a step',
    does: 'runs cordon, runs evict',
    happens: (sim) => afterCrash(sim, () => sim.crashBefore('evict')),
  },
  {
    name: 'a crash after a step',
    does: 'runs cordon, runs cordon, runs evict',
    happens: (sim) => afterCrash(sim, () => sim.crashAfter('cordon')),
  },
]

test.each(RUNS)('what a simulated gate does is a run of the model: $name', async ({ happens, does }) => {
  const deps: Deps = { log: [] }
  const sim = simulate(upgrade, { deps })
  await happens(sim)
  const [phase, log] = [await sim.phase(), deps.log.join(', ')]
  expect(log).toBe(does)
  const model = chartModel(upgrade, { world: { init: [] as Log, steps } })
  const [finding] = explore(
    model,
    [sometimes('so', (s) => s.flip === undefined && s.phase === phase && s.world.join(', ') === log)],
    { depth: 12 },
  ).properties
  expect(finding?.verdict).toBe('holds')
})
