export { type PathsOptions, paths } from './paths.ts'
export type { ChartPath, ChartPaths, PathFlip, Walker, WalkOptions } from './types.ts'
