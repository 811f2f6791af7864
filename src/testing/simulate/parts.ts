import { refuse } from '../../base/index.ts'
import type { AnyChart, FlipSpec } from '../../chart/index.ts'

/** A function of the user's in a flip. */
export interface PartName {
  readonly kind: 'guard' | 'step' | 'confirm' | 'undo'
  readonly flip: string
  readonly name: string
}

/** As a test names it: `cordon`, `drain.cordon`, `undo cordon`, `undo drain.cordon`. */
function namesOf({ kind, flip, name }: PartName): readonly string[] {
  const names = [name, `${flip}.${name}`]
  return kind === 'undo' ? names.map((text) => `undo ${text}`) : names
}

/** As a story names it: `step "cordon"`, `the undo of "cordon"`. */
export function placeOf({ kind, name }: PartName): string {
  return kind === 'undo' ? `the undo of "${name}"` : `${kind} "${name}"`
}

function partsOf(flip: FlipSpec): readonly PartName[] {
  const part = (kind: PartName['kind'], { name }: { readonly name: string }): PartName => ({
    kind,
    flip: flip.name,
    name,
  })
  return [
    ...flip.guards.map((guard) => part('guard', guard)),
    ...flip.steps.map((step) => part('step', step)),
    ...flip.confirms.map((confirm) => part('confirm', confirm)),
    ...flip.steps.filter(({ compensate }) => compensate !== undefined).map((step) => part('undo', step)),
  ]
}

const known = new WeakMap<AnyChart, Parts>()

export function partsIn(chart: AnyChart): Parts {
  const found = known.get(chart) ?? new Parts(chart)
  known.set(chart, found)
  return found
}

/** The parts of a chart by the names that a test may give them. One name may stand for parts of several flips. */
class Parts {
  readonly #byName = new Map<string, PartName[]>()

  constructor(chart: AnyChart) {
    for (const flip of chart.flips.values()) {
      for (const part of partsOf(flip)) for (const name of namesOf(part)) this.#add(name, part)
    }
  }

  /** Those that `name` stands for, of one of `kinds`. @throws OPTION_INVALID when it stands for none */
  find(name: unknown, option: string, kinds: readonly PartName['kind'][]): readonly PartName[] {
    const found = (typeof name === 'string' ? this.#byName.get(name) : undefined) ?? []
    const fitting = found.filter(({ kind }) => kinds.includes(kind))
    if (fitting.length > 0) return fitting
    const known = [...this.#byName].filter(([, parts]) => parts.some(({ kind }) => kinds.includes(kind)))
    return refuse(option, name, `the name of a ${kinds.join(', ')}: ${known.map(([text]) => text).join(', ')}`)
  }

  #add(name: string, part: PartName): void {
    const parts = this.#byName.get(name)
    if (parts === undefined) this.#byName.set(name, [part])
    else parts.push(part)
  }
}

export type { Parts }

/** One text a part. */
export function keyOf({ kind, flip, name }: PartName): string {
  return `${kind} ${flip} ${name}`
}
