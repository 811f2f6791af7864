export { Events, type GateEvent, type GateEvents } from './events.ts'
export { type SafeFlip, SafeWatch } from './safe.ts'
export type { FlipBegin, GateWatch, Listenable, Telemetry, Watched } from './telemetry.ts'
export type { CheckpointsLag, RecordsLag, TrailLag, WatchedTrail } from './trail-lag.ts'
