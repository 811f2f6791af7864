import type { Plan } from '../../src/flip/protocol.ts'
import type { Setting } from './model.ts'
import type { Budget } from './state.ts'

type Step = Plan['steps'][number]

/** A step with an undo, unless told otherwise. */
const step = (name: string, how: Partial<Step> = {}): Step => ({
  name,
  once: false,
  atomic: false,
  irreversible: false,
  compensate: `undo of ${name}`,
  ...how,
})
const noUndo = { compensate: undefined }

const PLAN: Plan = { steps: [step('a'), step('b'), step('c')], confirms: [], recover: 'resume', entering: [] }

/** One thing of each kind goes wrong; process A, which the caller asks, may crash. */
const BUDGET: Budget = {
  failures: 1,
  pauses: 1,
  lostAnswers: 0,
  cancels: 1,
  crashes: { A: 1, B: 0 },
  calls: { A: 1, B: 0 },
  attempts: 1,
}
const NO_CRASH = { crashes: { A: 0, B: 0 } }
const TWO_CALLERS: Budget = { ...BUDGET, cancels: 0, calls: { A: 1, B: 1 }, attempts: 2 }

const middle = (how: Partial<Step>, last: Partial<Step> = {}): Plan => ({
  ...PLAN,
  steps: [step('a'), step('b', how), step('c', last)],
})

/** One world each: a flip of three steps, and how much may go wrong. */
export const SETTINGS = {
  plain: { plan: PLAN, budget: BUDGET },
  'two failures': { plan: PLAN, budget: { ...BUDGET, ...NO_CRASH, failures: 2 } },
  'a lost answer': { plan: PLAN, budget: { ...BUDGET, ...NO_CRASH, lostAnswers: 1 } },
  'two crashes': { plan: PLAN, budget: { ...BUDGET, cancels: 0, crashes: { A: 1, B: 1 } } },
  'two callers': { plan: PLAN, budget: TWO_CALLERS },
  'two callers, other inputs': { plan: PLAN, budget: TWO_CALLERS, inputs: { A: 'one', B: 'other' } },
  'a confirm': { plan: { ...PLAN, confirms: ['quiet'] }, budget: BUDGET },
  'once in the middle': { plan: middle({ once: true }), budget: BUDGET },
  'irreversible at the end, and a confirm': {
    plan: { ...middle({}, { irreversible: true, ...noUndo }), confirms: ['quiet'] },
    budget: BUDGET,
  },
  'irreversible in the middle': { plan: middle({ irreversible: true, ...noUndo }, noUndo), budget: BUDGET },
  'irreversible and once': { plan: middle({ irreversible: true, once: true, ...noUndo }, noUndo), budget: BUDGET },
  'rolls back when its owner dies': { plan: { ...PLAN, recover: 'rollBack' }, budget: BUDGET },
  'a transaction in the middle': { plan: middle({ atomic: true }), budget: BUDGET },
  'a transaction in the middle, a lost answer': {
    plan: middle({ atomic: true }),
    budget: { ...BUDGET, ...NO_CRASH, lostAnswers: 1 },
  },
  'nothing but transactions': {
    plan: { ...PLAN, steps: ['a', 'b', 'c'].map((name) => step(name, { atomic: true })) },
    budget: { ...BUDGET, lostAnswers: 1 },
  },
  'an irreversible transaction': {
    plan: middle({ atomic: true, irreversible: true, ...noUndo }, noUndo),
    budget: { ...BUDGET, lostAnswers: 1 },
  },
  'a step without an undo': { plan: middle(noUndo), budget: BUDGET },
} as const satisfies Record<string, Setting>
