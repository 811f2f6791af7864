import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'

/** Keys that nobody else uses: one Redis serves the whole run. */
export function newPrefix(): string {
  return `${randomUUID()}:`
}

/** Stops everything in this process, as a long computation or a paused machine does. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Resolves when `isSo`. The test's own time is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(5)
}

/** Resolves when so many wait for a resource. */
export function waiting(client: Redis, prefix: string, resource: string, count: number): Promise<void> {
  return until(async () => (await client.zcard(`${prefix}{${resource}}:places`)) === count)
}

/** How long a promise takes, whatever comes of it. */
export async function took(promise: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await promise.catch(() => undefined)
  return performance.now() - start
}
