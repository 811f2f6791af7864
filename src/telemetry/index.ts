export { Events, type GateEvent, type GateEvents, type RecordEvent } from './events.ts'
