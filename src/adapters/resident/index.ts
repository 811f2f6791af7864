export { busy, checkNumbers, closed, conflict } from './refusals.ts'
export type { Step } from './rules.ts'
export { type Entry, Table } from './table.ts'
