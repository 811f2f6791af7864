import { formatMs } from '../base/index.ts'
import type { AnyChart, FlipSpec } from './types.ts'

/** Names that would be read as syntax. */
const KEYWORDS =
  /^(?:as|class|classDef|default|direction|end|hide|note|of|over|scale|state|style|click|href|accTitle|accDescr)$/i
/** More than this of a kind, and a note is no longer short. */
const NOTED = 4

/** The chart as Mermaid text (`stateDiagram-v2`): GitHub, GitLab and most wikis draw it. */
export function mermaid(chart: AnyChart): string {
  const ids = idsOf([...chart.phases.keys()])
  const id = (phase: string): string => ids.get(phase) ?? phase
  const phases = [...chart.phases.values()]
  const flips = [...chart.flips.values()]
  const lines = [
    ...phases.map(({ name }) => (id(name) === name ? name : `state "${name}" as ${id(name)}`)),
    `[*] --> ${id(chart.initial)}`,
    ...flips.flatMap((flip) =>
      flip.from.map((from) => `${id(from)} --> ${id(flip.to)} : ${arrowLabel(chart, flip, from)}`),
    ),
    ...phases.filter((phase) => phase.final).map((phase) => `${id(phase.name)} --> [*]`),
    ...flips.flatMap((flip) => noteOf(flip, id)),
  ]
  return `---\ntitle: "${chart.name}"\n---\nstateDiagram-v2\n${lines.map((line) => `  ${line}\n`).join('')}`
}

/** Phases whose names are no Mermaid identifiers go by an alias that no other phase has. */
function idsOf(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(names)
  const ids = new Map<string, string>()
  for (const name of names) {
    let id = name
    if (!/^\w+$/.test(name) || KEYWORDS.test(name)) {
      id = `${name.replaceAll(/\W/g, '_')}_`
      while (taken.has(id)) id += '_'
      taken.add(id)
    }
    ids.set(name, id)
  }
  return ids
}

function arrowLabel(chart: AnyChart, flip: FlipSpec, from: string): string {
  const timer = chart.phases.get(from)?.after.find((delay) => delay.flip === flip.name)
  return timer ? `${flip.name} (after ${formatMs(timer.afterMs)})` : flip.name
}

function noteOf(flip: FlipSpec, id: (phase: string) => string): readonly string[] {
  const lines = [
    listed('only', flip.allow),
    listed(
      'guard',
      flip.guards.map(({ name }) => name),
    ),
    listed(
      'step',
      flip.steps.map(({ name, irreversible }) => (irreversible ? `${name} (irreversible)` : name)),
    ),
    listed(
      'confirm',
      flip.confirms.map(({ name }) => name),
    ),
  ].filter((line) => line !== undefined)
  const [from] = flip.from
  if (lines.length === 0 || from === undefined) return []
  return [`note right of ${id(from)}`, `  ${flip.name}`, ...lines.map((line) => `  ${line}`), 'end note']
}

function listed(kind: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const shown = names.slice(0, NOTED).map(printable).join(', ')
  return names.length > NOTED ? `${kind}: ${shown} and ${names.length - NOTED} more` : `${kind}: ${shown}`
}

/** Guards and confirms may have any printable name; Mermaid reads these characters as its own. */
function printable(name: string): string {
  return name.replaceAll(/[#;:<>"`{}[\]\\]/g, (char) => `#${char.charCodeAt(0)};`)
}
