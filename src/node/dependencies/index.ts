export { Dependencies, type Failure, type Released } from './dependencies.ts'
export { type Consumer, consumer, type Dependency, type DependencyContext, type DependencySpec } from './dependency.ts'
export { longestStopMs } from './order.ts'
export { parseDependencies } from './parse.ts'
