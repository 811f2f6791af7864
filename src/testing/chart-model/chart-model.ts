import type { PhasesOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import type { Model } from '../explore/index.ts'
import type { ChartAction } from './action.ts'
import { Life } from './life.ts'
import { type ChartModelOptions, parseChartModelOptions } from './options.ts'
import { type ChartState, initialState } from './state.ts'

/**
 * A chart as a model to be explored: every flip that a caller or a timer may ask for, what guards, steps, confirms and
 * undos may answer, crashes, adoptions, cancels, and what operators order; by the rules that the gate itself runs by.
 * `eventually` expects owners, recovery and timers to act; callers, operators and the world may not.
 * @throws OPTION_INVALID naming the option
 */
export function chartModel<const C extends TypedChart, World = undefined>(
  chart: C,
  options?: ChartModelOptions<World>,
): Model<ChartState<World, PhasesOf<C>>, ChartAction<World, PhasesOf<C>>> {
  const settings = parseChartModelOptions(chart, options)
  const life = new Life(chart, settings)
  const model: Model<ChartState<World>, ChartAction<World>> = {
    init: [initialState(chart, settings.init, settings.budget)],
    actions: (state) => life.actions(state),
    next: (_, { next }) => next,
    fair: ({ owed }) => owed,
  }
  // The phases of its states are those of the chart.
  return model as never
}
