export { type Health, type ProbePaths, probeOf, probeReply } from './health.ts'
export { HealthPort } from './health-port.ts'
export { type HealthOptions, type HealthSettings, parseHealth } from './options.ts'
