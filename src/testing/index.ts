export * from './contracts/index.ts'
export { type MaskedOptions, masked, maskedLines } from './journal-text/index.ts'
export * from './simulate/index.ts'
export { type VirtualClock, virtualClock } from './time/index.ts'
