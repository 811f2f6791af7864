export type { ChartAction } from './action.ts'
export { chartModel } from './chart-model.ts'
export type { ChartModelOptions, ChartWorld, Order } from './options.ts'
export type { ChartState } from './state.ts'
