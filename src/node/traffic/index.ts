export { type Doorkeeper, type Incoming, Reply, type Returnable } from './door.ts'
export type { AnyServer } from './intercept.ts'
export { type LameDuckLimits, lameDuck } from './lame-duck.ts'
export type { Linger } from './linger.ts'
export { lingersUntil } from './linger-rule.ts'
export { addressOf, listening } from './listener.ts'
export { type Pending, pendingCalled, pendingText } from './pending.ts'
export { respond } from './respond.ts'
export { Traffic } from './traffic.ts'
export { bounded, catchUp, Deadline, NEVER, pause, turnLoop, within } from './wait.ts'
export {
  parseWebSockets,
  type WebSocketLike,
  type WebSocketOptions,
  type WebSocketServerLike,
  type WebSocketSpec,
} from './web-socket-servers.ts'
export { WebSockets } from './web-sockets.ts'
