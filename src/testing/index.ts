export * from './contracts/index.ts'
export { type VirtualClock, virtualClock } from './virtual-clock.ts'
