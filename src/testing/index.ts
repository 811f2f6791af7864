export * from './contracts/index.ts'
export { type MaskedOptions, masked, maskedLines } from './journal-text/index.ts'
export { type VirtualClock, virtualClock } from './virtual-clock.ts'
