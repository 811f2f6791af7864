import { callable, identifier, isPlainObject, known, limit, refuse } from '../../base/index.ts'
import type { Dependency, DependencySpec } from './dependency.ts'
import { inOrder } from './order.ts'

const KNOWN: { readonly [Option in keyof Dependency]-?: true } = {
  start: true,
  pause: true,
  resume: true,
  drain: true,
  stop: true,
  after: true,
  startTimeout: true,
  stopTimeout: true,
}

/** The dependencies in the order in which they start. Throws `OPTION_INVALID`, naming the one that is wrong. */
export function parseDependencies(given: unknown): readonly DependencySpec[] {
  if (given === undefined) return []
  if (!isPlainObject(given)) return refuse('dependencies', given, 'an object of dependencies by name')
  const specs = Object.entries(given).map(([name, dependency]) => parseDependency(name, dependency))
  for (const { name, after } of specs) {
    const stranger = after.find((other) => other === name || !(other in given))
    const others = Object.keys(given).filter((other) => other !== name)
    if (stranger !== undefined)
      refuse(`dependencies.${name}.after`, stranger, `some of: ${others.join(', ') || 'none'}`)
  }
  const { order, circle } = inOrder(specs)
  if (circle.length > 0) return refuse('dependencies', circle.join(', '), 'in some order: these wait for each other')
  return order
}

function parseDependency(name: string, value: unknown): DependencySpec {
  const place = `dependencies.${identifier(name, 'the name of a dependency')}`
  if (!isPlainObject(value)) return refuse(place, value, 'an object such as { start, stop }')
  const given: Dependency = known(value, place, Object.keys(KNOWN))
  const work = (option: 'start' | 'pause' | 'resume' | 'drain' | 'stop'): DependencySpec['start'] =>
    given[option] === undefined ? undefined : callable(given[option], `${place}.${option}`)
  if (!['start', 'pause', 'drain', 'stop'].some((option) => option in given)) {
    return refuse(place, value, 'something to do: start, pause, drain or stop')
  }
  return {
    name,
    after: parseAfter(given.after, place),
    start: work('start'),
    pause: work('pause'),
    resume: work('resume'),
    drain: work('drain'),
    stop: work('stop'),
    startTimeoutMs: limit(given.startTimeout, `${place}.startTimeout`, '30s'),
    stopTimeoutMs: limit(given.stopTimeout, `${place}.stopTimeout`, '5s'),
  }
}

function parseAfter(after: unknown, place: string): readonly string[] {
  if (after === undefined) return []
  if (Array.isArray(after) && after.every((name) => typeof name === 'string')) return after
  return refuse(`${place}.after`, after, 'a list of names of dependencies')
}
