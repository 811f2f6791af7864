export type { GateEvent, GateEvents } from '../index.ts'
