import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { isPlainObject } from '../base/index.ts'

/** One thing of a machine that a chart cannot say: where, what, and what to do about it. */
export interface Problem {
  readonly place: string
  readonly problem: string
  readonly mend: string
}

// What a statechart can say and a chart cannot: each is named, none is dropped.

type Config = Readonly<Record<string, unknown>>

const ACTIONS_MEND = 'make it a step of the flip: behaviours.flips, (f) => f.step(…), so that it is recorded and undone'

const OF_A_STATE: { readonly [property: string]: Omit<Problem, 'place'> } = {
  entry: { problem: 'has entry actions', mend: ACTIONS_MEND },
  exit: { problem: 'has exit actions', mend: ACTIONS_MEND },
  invoke: {
    problem: 'invokes an actor',
    mend: 'make its work a step of the flip that leads there, or run it beside the gate on flip.committed',
  },
  always: {
    problem: 'leaves by itself (always)',
    mend: 'let the flips that lead to it lead where it goes to',
  },
  onDone: { problem: 'has onDone', mend: 'a phase has no inner end: declare the flip that follows' },
  output: { problem: 'has an output', mend: 'return it from a step: the result of the flip has it' },
  route: { problem: 'can be routed to', mend: 'declare the flips that lead to it' },
}

/** What of the machine as a whole a chart cannot say. */
export function rootProblems(machine: AnyStateMachine): readonly Problem[] {
  const config: Config = machine.config
  const place = `machine "${machine.id}"`
  const found = said(config, place)
  const tell = (problem: string, mend: string): number => found.push({ place, problem, mend })
  if (Object.keys(machine.states).length === 0) tell('has no states', 'declare its phases as states')
  else if (machine.root.type === 'parallel')
    tell('is parallel: it is in several states at once', 'make each region a machine of its own, and so a chart')
  else if (!machine.root.initial.target?.[0]) tell('has no initial state', 'name it: initial: …')
  if (hasMembers(isPlainObject(config.initial) ? config.initial.actions : undefined))
    tell('begins with actions', 'a subject begins without a flip: declare the first one')
  if (hasMembers(config.on))
    tell('takes events in every state', 'write each event into the states that it is legal from')
  if (hasMembers(config.after)) tell('has timers over all states', 'write each into the states that it runs in')
  if (typeof config.context === 'function' || hasMembers(config.context))
    tell('has a context', 'a subject has a phase alone: keep the rest in your store, and pass it as input or deps')
  return found
}

/** What of a state a chart cannot say. */
export function stateProblems(node: AnyStateNode): readonly Problem[] {
  const place = `state "${node.key}"`
  const found = said(node.config, place)
  if (node.type === 'parallel' || node.type === 'compound')
    found.push({
      place,
      problem: node.type === 'parallel' ? 'is parallel' : 'has states inside',
      mend: 'make them phases beside it, or a chart of their own',
    })
  if (node.type === 'history')
    found.push({ place, problem: 'is a history state', mend: 'declare a flip to each phase that it can lead back to' })
  return found
}

/** What of the transitions of one event, or of one delay, a flip cannot say. */
export function arrowProblems(
  node: AnyStateNode,
  ways: readonly AnyTransitionDefinition[],
  place: string,
): readonly Problem[] {
  const found: Problem[] = []
  const tell = (problem: string, mend: string): number => found.push({ place, problem, mend })
  const [way, ...others] = ways
  if (others.length > 0) tell('has alternatives', 'give each an event of its own: a flip leads to one phase')
  if (ways.some(({ guard }) => guard !== undefined))
    tell(
      'has a guard',
      'make it a guard of the flip: behaviours.flips, (f) => f.guard(…), where it has a name and a no',
    )
  if (ways.some(({ actions }) => actions.length > 0)) tell('has actions', ACTIONS_MEND)
  if (way?.target === undefined) tell('has no target', 'a flip leads to a phase: name it, or leave the event out')
  else if (way.target.length > 1 || way.target[0]?.parent !== node.parent)
    tell('does not lead to one state of this machine', 'let it lead to a state beside this one')
  else if (way.target[0] === node && !way.reenter && node.after.length > 0)
    tell('stays without starting the timers anew', 'say reenter: true: a flip into its own phase enters it anew')
  return found
}

/** An event that stands for many is no flip. */
export function wildcardProblem(event: string, place: string): readonly Problem[] {
  if (!event.includes('*')) return []
  return [{ place, problem: 'takes any event', mend: 'name each event: a flip has one name' }]
}

function said(config: object, place: string): Problem[] {
  const members = new Map<string, unknown>(Object.entries(config))
  return Object.entries(OF_A_STATE).flatMap(([property, problem]) =>
    hasMembers(members.get(property)) ? [{ place, ...problem }] : [],
  )
}

/** Whether it says anything: undefined, [] and {} do not. */
function hasMembers(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined
}
