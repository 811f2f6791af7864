export { approvalsFor, hasRoomFor, MOST_APPROVALS } from './approvals.ts'
export { Abort, attempt } from './attempt.ts'
export { backoffMs } from './backoff.ts'
export { Deadlines } from './deadlines.ts'
export { type Decision, decide, type Request } from './decide.ts'
export type { Ended } from './ended.ts'
export type { Engine, Result } from './engine.ts'
export { evolve, origin } from './evolve.ts'
export { holdAll, releaseAll } from './exclusive.ts'
export { firstRefusal, type Refusal, refusalBy, refusalIn } from './guards.ts'
export { fingerprintOf, type Key, makeKey } from './key.ts'
export { isTransactional, SubjectLog } from './log.ts'
export { isSystem, RECOVERY, TIMER } from './principals.ts'
export {
  adopt,
  type Change,
  isPastReturn,
  next,
  type Outcome,
  report,
  resolve,
  unfold,
  type Work,
} from './protocol.ts'
export { about, placeInside, whereabouts } from './reentrancy.ts'
export { Run } from './run.ts'
export type { GuardAsked } from './scope.ts'
export { Heart } from './tenure.ts'
export { digestInput, sealInput } from './veil.ts'
export { type HeldLease, type WithLeaseOptions, withLease } from './with-lease.ts'
