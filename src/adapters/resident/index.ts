export { flipsOf, withoutPayload, withoutTraces } from './dropped.ts'
export { busy, checkDrop, checkNumbers, closed, conflict } from './refusals.ts'
export { isRunning, isStuck, type Step } from './rules.ts'
export { type Entry, Table } from './table.ts'
