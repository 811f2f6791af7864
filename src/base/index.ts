export { canonical, recordable } from './canonical.ts'
export {
  callable,
  duration,
  flag,
  identifier,
  isPlainObject,
  known,
  label,
  limit,
  port,
  positiveInteger,
  refuse,
} from './check.ts'
export { type Clock, type Stop, sleep, systemClock } from './clock.ts'
export { type Duration, describe, formatMs, parseDuration } from './duration.ts'
export {
  type Act,
  ERRORS,
  type ErrorCode,
  type ErrorFacts,
  type FailureCode,
  type FailureFacts,
} from './error-table.ts'
export { isPhasegateError, messageOf, PhasegateError, terminal, textOf } from './errors.ts'
export { unreachable } from './unreachable.ts'
