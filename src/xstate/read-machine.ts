import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { identifier, isPhasegateError } from '../base/index.ts'
import { arrowProblems, type Problem, rootProblems, stateProblems, wildcardProblem } from './unfit.ts'

/** A flat machine as phases, flips and timers, and what of it is not one. */
export interface MachineReading {
  readonly phases: readonly ReadPhase[]
  readonly flips: readonly ReadFlip[]
  readonly problems: readonly Problem[]
}

export interface ReadPhase {
  readonly name: string
  readonly initial: boolean
  readonly final: boolean
  readonly after: readonly { readonly flip: string; readonly afterMs: number }[]
}

export interface ReadFlip {
  readonly name: string
  readonly from: readonly string[]
  readonly to: string
}

/** A way from state to state; `flip` is undefined for a delayed one that names none. */
interface Arrow {
  readonly place: string
  readonly flip: string | undefined
  readonly from: string
  readonly to: string
  readonly afterMs: number | undefined
}

/** Reads a machine; decides nothing that the machine does not say. */
export function readMachine(machine: AnyStateMachine): MachineReading {
  const nodes: readonly AnyStateNode[] = Object.values(machine.states)
  const readings = nodes.map((node) => readState(node))
  const events = readings.flatMap(({ events }) => events)
  const delays = readings.flatMap(({ delays }) => delays.map((delay) => nameDelay(delay, events)))
  const named = delays.flatMap((delay) => (delay.type === 'named' ? [delay.arrow] : []))
  const flips = flipsOf([...events, ...named])
  return {
    phases: nodes.map((node) => ({
      name: node.key,
      initial: machine.root.initial.target?.[0] === node,
      final: node.type === 'final',
      after: named.filter(({ from }) => from === node.key).map(({ flip = '', afterMs = 0 }) => ({ flip, afterMs })),
    })),
    flips: flips.map(({ name, arrows: [first, ...more] }) => ({
      name,
      from: [...new Set([first.from, ...more.map(({ from }) => from)])],
      to: first.to,
    })),
    problems: [
      ...rootProblems(machine),
      ...readings.flatMap(({ problems }) => problems),
      ...delays.flatMap((delay) => (delay.type === 'unnamed' ? [delay.problem] : [])),
      ...flips.flatMap(flipProblems),
      ...nodes.flatMap((node) => nameProblem(node.key, `state "${node.key}"`)),
    ],
  }
}

interface StateReading {
  readonly events: readonly Arrow[]
  readonly delays: readonly Arrow[]
  readonly problems: readonly Problem[]
}

function readState(node: AnyStateNode): StateReading {
  const events: Arrow[] = []
  const delays: Arrow[] = []
  const problems = [...stateProblems(node)]
  for (const [flip, ways] of declared(node)) {
    const place = `state "${node.key}", on "${flip}"`
    const found = [...arrowProblems(node, ways, place), ...wildcardProblem(flip, place)]
    problems.push(...found)
    const to = ways[0]?.target?.[0]
    if (found.length === 0 && to) events.push({ place, flip, from: node.key, to: to.key, afterMs: undefined })
  }
  for (const [delay, ways] of grouped(node.after as readonly Delayed[], (way) => way.delay)) {
    const place = `state "${node.key}", after ${String(delay)}`
    const found = [...arrowProblems(node, ways, place), ...delayProblem(delay, place)]
    problems.push(...found)
    const to = ways[0]?.target?.[0]
    const flip = flipNamed(ways[0])
    if (found.length === 0 && to && typeof delay === 'number')
      delays.push({ place, flip, from: node.key, to: to.key, afterMs: delay })
  }
  return { events, delays, problems }
}

type Delayed = AnyTransitionDefinition & { readonly delay: unknown }

/** The transitions that `on` declares; a machine adds those of its timers to them. */
function declared(node: AnyStateNode): [string, readonly AnyTransitionDefinition[]][] {
  return Object.keys(node.config.on ?? {}).flatMap((event) => {
    const ways = node.transitions.get(event)
    return ways === undefined || ways.length === 0 ? [] : [[event, ways]]
  })
}

function delayProblem(delay: unknown, place: string): readonly Problem[] {
  if (typeof delay === 'number') return []
  return [
    {
      place,
      problem: 'the delay is a name, and what it comes to is decided at run time',
      mend: 'write it in milliseconds: a timer of a chart is durable, and the same in every process',
    },
  ]
}

function flipNamed(way: AnyTransitionDefinition | undefined): string | undefined {
  const named: unknown = way?.meta?.flip
  return typeof named === 'string' ? named : undefined
}

type NamedDelay =
  | { readonly type: 'named'; readonly arrow: Arrow }
  | { readonly type: 'unnamed'; readonly problem: Problem }

/** A timer of a chart flips: by what its transition names, or by the one event that leads the same way. */
function nameDelay(delay: Arrow, events: readonly Arrow[]): NamedDelay {
  if (delay.flip !== undefined) return { type: 'named', arrow: delay }
  const { place, from, to } = delay
  const same = events.filter((event) => event.from === from && event.to === to)
  const [only] = same
  if (only !== undefined && same.length === 1) return { type: 'named', arrow: { ...delay, flip: only.flip } }
  const found = same.length === 0 ? 'no event leads' : `${same.map((event) => `"${event.flip}"`).join(' and ')} lead`
  return {
    type: 'unnamed',
    problem: {
      place,
      problem: `a timer goes by a flip, and ${found} from "${from}" to "${to}"`,
      mend: "name the flip in the transition: meta: { flip: '…' }",
    },
  }
}

interface Bundle {
  readonly name: string
  readonly arrows: readonly [Arrow, ...Arrow[]]
}

function flipsOf(arrows: readonly Arrow[]): readonly Bundle[] {
  return [...grouped(arrows, ({ flip = '' }) => flip)].map(([name, arrows]) => ({ name, arrows }))
}

function grouped<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly [Item, ...Item[]]> {
  const groups = new Map<Key, [Item, ...Item[]]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

function flipProblems({ name, arrows }: Bundle): readonly Problem[] {
  const place = `event "${name}"`
  if (new Set(arrows.map(({ to }) => to)).size === 1) return nameProblem(name, place)
  return [
    {
      place,
      problem: `leads ${arrows.map(({ from, to }) => `from "${from}" to "${to}"`).join(', ')}; a flip leads to one phase`,
      mend: 'give each target an event of its own',
    },
  ]
}

function nameProblem(name: string, place: string): readonly Problem[] {
  try {
    identifier(name, 'the name')
    return []
  } catch (error) {
    if (!isPhasegateError(error, 'OPTION_INVALID')) throw error
    return [{ place, problem: 'is no name that a chart takes', mend: `rename it: ${error.facts.expected}` }]
  }
}
