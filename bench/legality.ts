import { createActor, transition } from 'xstate'
import { toMachine } from '../src/chart/compile.ts'
import { decide, type Request } from '../src/flip/index.ts'
import type { Head } from '../src/ports/index.ts'
import { type Contender, race, timed } from './harness.ts'
import type { Library } from './library.ts'

/** A round trip through a chart, by flips that are all legal. */
const ROUND = ['drain', 'cordon', 'upgrade', 'verify', 'warm', 'activate', 'pause', 'resume'] as const

function node({ chart }: Library) {
  return chart('node', { version: 1 })
    .phase('active', { initial: true })
    .phase('draining')
    .phase('cordoned')
    .phase('upgrading')
    .phase('verifying')
    .phase('warming')
    .phase('paused')
    .phase('gone', { final: true })
    .flip('drain', (f) => f.from('active').to('draining'))
    .flip('cordon', (f) => f.from('draining').to('cordoned'))
    .flip('upgrade', (f) => f.from('cordoned').to('upgrading'))
    .flip('verify', (f) => f.from('upgrading').to('verifying'))
    .flip('warm', (f) => f.from('verifying', 'cordoned').to('warming'))
    .flip('activate', (f) => f.from('warming', 'draining').to('active'))
    .flip('pause', (f) => f.from('active').to('paused'))
    .flip('resume', (f) => f.from('paused').to('active'))
    .flip('remove', (f) => f.from('cordoned', 'paused').to('gone'))
    .build()
}

interface Question {
  readonly phase: string
  readonly flip: string
  readonly head: Head
  readonly request: Request
}

/** Whether a flip is legal, and where it leads: the table and the decision against a Map, and against XState. */
export async function benchLegality(library: Library): Promise<void> {
  const chart = node(library)
  const { table, fingerprint } = chart
  const map = Object.freeze(
    new Map(Object.entries(table).map(([phase, row]) => [phase, Object.freeze(new Map(Object.entries(row)))])),
  )
  let phase: string = chart.initial
  const questions: Question[] = ROUND.map((flip) => {
    const head = {
      version: 1,
      epoch: 1,
      chart: { version: 1, fingerprint },
      phase,
      since: 0,
      timers: [],
      flip: undefined,
      rolledBack: undefined,
      approvals: undefined,
    }
    const question = { phase, flip, head, request: { flip, key: undefined, believed: undefined, timerAt: undefined } }
    phase = table[phase]?.[flip] ?? phase
    return question
  })
  const asked = (name: string, aim: string | undefined, isLegal: (question: Question) => boolean): Contender => {
    const sample = timed((times) => {
      let legal = 0
      for (let done = 0; done < times; done++) if (isLegal(questions[done % questions.length] as Question)) legal += 1
      if (legal !== times) throw new Error(`${name}: ${legal} of ${times} were legal`)
    })
    return aim === undefined ? { name, sample } : { name, aim, sample }
  }
  await race('Is this flip legal, and where does it lead?', [
    asked('frozen Map of Maps', undefined, ({ phase, flip }) => map.get(phase)?.get(flip) !== undefined),
    asked('chart.table', '≤ 2×', ({ phase, flip }) => table[phase]?.[flip] !== undefined),
    asked('decide()', '≤ 2×', ({ head, request }) => decide(head, undefined, request, table).type === 'go'),
    ...byXState(toMachine(chart)),
  ])
}

/** Of the same chart; it walks, for it cannot be asked without. */
function byXState(machine: ReturnType<typeof toMachine>): Contender[] {
  const events = ROUND.map((type) => ({ type }))
  const actor = createActor(machine).start()
  let step = 0
  const send = timed((times) => {
    for (let done = 0; done < times; done++) actor.send(events[step++ % events.length] as { type: string })
  })
  let snapshot = actor.getSnapshot()
  let pure = 0
  const next = timed((times) => {
    for (let done = 0; done < times; done++)
      [snapshot] = transition(machine, snapshot, events[pure++ % events.length] as { type: string })
  })
  return [
    { name: 'XState actor.send', sample: send },
    { name: 'XState transition()', sample: next },
  ]
}
