export type { CallingClient, RedisLike, SendingClient } from './client.ts'
export { redisLock } from './lock.ts'
export type { RedisLockOptions } from './options.ts'
