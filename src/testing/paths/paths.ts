import { createMachine } from 'xstate'
import { getShortestPaths, getSimplePaths } from 'xstate/graph'
import { known, PhasegateError, positiveInteger, refuse } from '../../base/index.ts'
import type { AnyChart, FlipsOf, PhasesOf } from '../../chart/index.ts'
import { machineConfig } from '../../chart/machine/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import type { Actor } from '../../ports/index.ts'
import { countSimplePaths } from './count.ts'
import type { ChartPath, ChartPaths, PathFlip } from './types.ts'
import { type Asked, walk } from './walk.ts'

/** Options of `paths(chart, options)`. */
export interface PathsOptions<C extends TypedChart> {
  /** What each flip is given, by its name. @default nothing */
  readonly inputs?: { readonly [Flip in keyof FlipsOf<C>]?: FlipsOf<C>[Flip]['input'] } | undefined
  /** Who asks. @default nobody */
  readonly actor?: Actor | undefined
  /** More simple paths than this are refused: how many there are grows with the factorial of the phases. @default 1000 */
  readonly most?: number | undefined
}

/** A chart whose types were erased has phases and flips of any name. */
type Named<Name> = [Name] extends [never] ? string : unknown extends Name ? string : Extract<Name, string>
type PathsOf<C extends TypedChart> = ChartPaths<Named<PhasesOf<C>>, Named<keyof FlipsOf<C>>>

/**
 * The paths through a chart, as test cases that walk a simulation or a subject.
 * @throws OPTION_INVALID naming the option
 * @example
 * test.each(paths(upgrade).shortest)('$name', (path) => path.walk(simulate(upgrade, { deps })))
 */
export function paths<C extends TypedChart>(chart: C, options?: PathsOptions<C>): PathsOf<C> {
  if (!(chart?.flips instanceof Map)) refuse('chart', chart, 'what chart(…)….build() returns')
  const given = known(options, 'paths options', ['inputs', 'actor', 'most'])
  const asked: Asked = {
    chart,
    inputs: known(given.inputs, 'inputs', [...chart.flips.keys()]),
    actor: given.actor as Actor | undefined,
  }
  const most = given.most === undefined ? 1_000 : positiveInteger(given.most, 'most')
  return new FoundPaths(chart, asked, most) as unknown as PathsOf<C>
}

class FoundPaths implements ChartPaths {
  readonly #chart: AnyChart
  readonly #asked: Asked
  readonly #most: number
  #shortest: readonly ChartPath[] | undefined
  #simple: readonly ChartPath[] | undefined

  constructor(chart: AnyChart, asked: Asked, most: number) {
    this.#chart = chart
    this.#asked = asked
    this.#most = most
  }

  get shortest(): readonly ChartPath[] {
    this.#shortest ??= this.#named(walksOf(this.#chart, getShortestPaths))
    return this.#shortest
  }

  get simple(): readonly ChartPath[] {
    if (this.#simple === undefined) {
      if (countSimplePaths(this.#chart, this.#most) > this.#most) throw exceeded(this.#chart.name, this.#most)
      this.#simple = this.#named(walksOf(this.#chart, getSimplePaths))
    }
    return this.#simple
  }

  #named(walks: readonly (readonly PathFlip[])[]): readonly ChartPath[] {
    const { initial } = this.#chart
    const names = walks.map((flips) => [initial, ...flips.map(({ to }) => to)].join(' → '))
    return walks.map((flips, index) => {
      const short = names[index] ?? ''
      const name = names.filter((other) => other === short).length === 1 ? short : withFlips(initial, flips)
      const phase = flips.at(-1)?.to ?? initial
      return Object.freeze({
        name,
        phase,
        flips,
        walk: (walker, options) => walk({ name, initial, flips }, this.#asked, walker, options),
      } satisfies ChartPath)
    })
  }
}

function withFlips(initial: string, flips: readonly PathFlip[]): string {
  return [initial, ...flips.map(({ flip, to }) => `(${flip}) ${to}`)].join(' → ')
}

type Find = typeof getShortestPaths

/** What XState finds in the machine of the chart. Its timers are flips, too, so that they are no ways of their own. */
function walksOf(chart: AnyChart, find: Find): readonly (readonly PathFlip[])[] {
  const machine = createMachine(machineConfig(chart))
  const found = find(machine, { filterEvents: (_, { type }) => chart.flips.has(type) })
  return found
    .map(({ steps }) =>
      // The first event only begins.
      steps.filter(({ event }) => chart.flips.has(event.type)).map(({ event }) => event.type),
    )
    .map((flips) => walkOf(chart, flips))
}

function walkOf(chart: AnyChart, flips: readonly string[]): readonly PathFlip[] {
  let phase = chart.initial
  return flips.map((flip) => {
    const from = phase
    phase = chart.flips.get(flip)?.to ?? phase
    const afterMs = chart.phases.get(from)?.after.find((delay) => delay.flip === flip)?.afterMs
    return { flip, from, to: phase, afterMs }
  })
}

function exceeded(chart: string, most: number): PhasegateError<'PATHS_EXCEEDED'> {
  const message = `chart "${chart}" has more than ${most} simple paths; raise \`most\`, or walk the shortest ones`
  return new PhasegateError('PATHS_EXCEEDED', message, { chart, most })
}
