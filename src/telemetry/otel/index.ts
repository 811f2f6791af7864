export { type OpenTelemetryOptions, openTelemetry } from './open-telemetry.ts'
export { type PhaseSpans, phaseAttributes, phaseSpans } from './phase.ts'
export { type ObserveTrailOptions, observeTrail } from './trail.ts'
