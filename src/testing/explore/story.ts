import { isPlainObject } from '../../base/index.ts'
import type { Told } from './model.ts'
import type { Report, Trace } from './report.ts'
import { shown } from './tell.ts'

/** A trace as text: each action, and what it changed in the state. */
export function story<State>({ start, steps, loop }: Trace<State>): string {
  const lines = [`   ${shown(start)}`]
  for (const [index, step] of steps.entries()) {
    if (index === loop) lines.push('and from here on, round and round:')
    const before = index === 0 ? start : steps[index - 1]?.state
    lines.push(`${String(index + 1).padStart(2)} ${sentence(step)}`, `   ${changed(before, step.state)}`)
  }
  return lines.join('\n')
}

/** A report as text: what was explored, each property's verdict, and the story of what was found. */
export function summary<State>({ verdict, states, transitions, depth, bound, properties }: Report<State>): string {
  const end = bound === undefined ? 'complete' : `ended by ${bound}`
  const lines = [`${verdict}: ${states} states, ${transitions} transitions, depth ${depth}, ${end}`]
  for (const { name, kind, verdict: of, counterexample, witness } of properties) {
    lines.push(`${of}: ${kind} "${name}"`)
    const trace = counterexample ?? (of === 'holds' ? undefined : witness)
    if (trace !== undefined) lines.push(story(trace))
  }
  return lines.join('\n')
}

function sentence({ actor, action, to }: Told): string {
  return `${actor === undefined ? '' : `${actor}: `}${action}${to === undefined ? '' : ` → ${to}`}`
}

/** The members that are not what they were; of what has no members, the whole. */
function changed(before: unknown, after: unknown): string {
  if (!isPlainObject(before) || !isPlainObject(after)) return shown(after)
  const names = Object.keys(after).filter((name) => shown(after[name]) !== shown(before[name]))
  const gone = Object.keys(before).filter((name) => !(name in after))
  const parts = [...names.map((name) => `${name}: ${shown(after[name])}`), ...gone.map((name) => `${name}: gone`)]
  return parts.length === 0 ? '(as before)' : parts.join(', ')
}
