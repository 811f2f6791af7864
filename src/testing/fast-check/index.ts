export { type FlipsProperty, flips } from './flips.ts'
export type { FlipsArguments, FlipsOptions, Passing, WorldEvents } from './options.ts'
