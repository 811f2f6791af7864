import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Model, Property } from 'phasegate/testing'
import { canEnd, consistent, type TwoPhase, twoPhase } from '../test/testing/explore/models/two-phase.ts'
import { type Contender, measure, print, timed } from './harness.ts'
import type { Library } from './library.ts'

const MANAGERS = 6
const STATES = 50_816
const MOST = 60

interface Counters {
  readonly a: number
  readonly b: number
  readonly c: number
}

/** Three counters: little to be done in a state, so that what is measured is the explorer. */
const counters: Model<Counters, keyof Counters> = {
  init: [{ a: 0, b: 0, c: 0 }],
  actions: ({ a, b, c }) => [...(a < MOST ? A : NONE), ...(b < MOST ? B : NONE), ...(c < MOST ? C : NONE)],
  next: ({ a, b, c }, name) => ({
    a: name === 'a' ? a + 1 : a,
    b: name === 'b' ? b + 1 : b,
    c: name === 'c' ? c + 1 : c,
  }),
}
const NONE: readonly never[] = []
const A = ['a'] as const
const B = ['b'] as const
const C = ['c'] as const

/** States a second, beside the breadth-first search that one writes oneself. */
export async function benchExplore(library: Library): Promise<void> {
  const model = twoPhase(MANAGERS)
  const letters = ({ managers, heard, sent, order }: TwoPhase): string =>
    `${managers.map((each) => each[0]).join('')}${heard.map(Number).join('')}${sent.map(Number).join('')}${order[0]}`
  await compare(`Two-phase commit of ${MANAGERS} resource managers`, STATES, [
    naive(model, STATES),
    explored(library, 'explore', { model, properties: [], states: STATES }),
    explored(library, 'explore, always', { model, properties: [consistent], states: STATES }),
    explored(library, 'explore, always and alwaysPossible', {
      model,
      properties: [consistent, canEnd],
      states: STATES,
    }),
    explored(library, 'explore, with a key of its own', {
      model: { ...model, key: letters },
      properties: [],
      states: STATES,
    }),
  ])
  const states = (MOST + 1) ** 3
  const number = ({ a, b, c }: Counters): number => (a * 64 + b) * 64 + c
  await compare('Three counters', states, [
    naive(counters, states),
    explored(library, 'explore', { model: counters, properties: [], states }),
    explored(library, 'explore, with a key of its own', {
      model: { ...counters, key: number },
      properties: [],
      states,
    }),
  ])
  console.log(
    `\nMemory: ${await memoryOf(library, model, STATES)} bytes a state of the two-phase commit, all that is kept`,
  )
}

async function compare(title: string, states: number, contenders: readonly Contender[]): Promise<void> {
  console.log(`\n${title}: ${states} states (a ratio of throughputs, and states a second at the median)`)
  const timings = await measure(contenders, { rounds: 9, sampleMs: 0 })
  for (const timing of timings) {
    const ratio = ((timings[0]?.median ?? 0) / timing.median).toFixed(2)
    const perSecond = Math.round((states / timing.median) * 1e9)
    print(timing, `${ratio}×  ${perSecond.toLocaleString('en')}/s`)
  }
}

interface Exploration<State, Action> {
  readonly model: Model<State, Action>
  readonly properties: readonly Property<State, Action>[]
  readonly states: number
}

function explored<State, Action>(
  { explore }: Library,
  name: string,
  { model, properties, states }: Exploration<State, Action>,
): Contender {
  return {
    name,
    sample: timed(() => {
      const report = explore<State, Action>(model, properties)
      if (report.verdict !== 'holds' || report.states !== states) throw new Error(`${report.verdict}: ${report.states}`)
    }),
  }
}

/** A Map of JSON. */
function naive<State, Action>({ init, actions, next }: Model<State, Action>, states: number): Contender {
  return {
    name: 'a Map of JSON texts',
    sample: timed(() => {
      const seen = new Set(init.map((state) => JSON.stringify(state)))
      const open = [...init]
      for (const state of open) {
        for (const action of actions(state)) {
          const after = next(state, action)
          const key = JSON.stringify(after)
          if (seen.has(key)) continue
          seen.add(key)
          open.push(after)
        }
      }
      if (seen.size !== states) throw new Error(`${seen.size} states`)
    }),
  }
}

/** What is held when the last state has been met, beyond what was held before. */
async function memoryOf<State, Action>(
  { explore, sometimes }: Library,
  model: Model<State, Action>,
  states: number,
): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  // What the explorations before have left goes away in turns of the loop, buffers last.
  for (let turn = 0; turn < 5; turn++) {
    collect()
    await pause(20)
  }
  const before = held()
  let met = 0
  let bytes = 0
  explore<State, Action>(model, [
    sometimes('the last one is met', () => {
      met += 1
      if (met === states) bytes = held() - before
      return false
    }),
  ])
  return Math.round(bytes / states)
}
