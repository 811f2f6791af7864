export { settledClock, type VirtualClock, virtualClock } from './virtual-clock.ts'
