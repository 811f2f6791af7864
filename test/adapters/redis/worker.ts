import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { redisLock } from 'phasegate/redis'

// A process that takes the resource `rounds` times, and writes to a ledger that it is in, and that it is out. It waits
// for ever in the round called `stayIn`.

export interface Orders {
  readonly url: string
  readonly prefix: string
  readonly ledger: string
  readonly rounds: number
  readonly stayIn?: number | undefined
}

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const client = new Redis(orders.url)
const lock = redisLock(client, { prefix: orders.prefix })
const write = (is: 'in' | 'out', epoch: number): void =>
  appendFileSync(orders.ledger, `${JSON.stringify({ is, epoch, pid: process.pid })}\n`)

for (let round = 0; round < orders.rounds; round++) {
  const lease = await lock.acquire('r', { ttlMs: 2_000, waitMs: 60_000 })
  write('in', lease.epoch)
  if (round === orders.stayIn) await pause(1_000_000)
  await pause(1)
  write('out', lease.epoch)
  await lease.release()
}
client.disconnect()
