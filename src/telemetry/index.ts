export { Events, type GateEvent, type GateEvents } from './events.ts'
export type { CheckpointsLag, RecordsLag, TrailLag, WatchedTrail } from './trail-lag.ts'
