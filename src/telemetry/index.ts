export { Events, type GateEvent, type GateEvents } from './events.ts'
