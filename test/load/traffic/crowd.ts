import { setTimeout as pause } from 'node:timers/promises'
import { below } from '../../chaos/random.ts'
import type { Tally } from '../tally.ts'
import type { Way } from '../wire/way.ts'

/** A service as its clients know it. */
export interface Backend {
  readonly way: Way
  /** Where it answers whether it is ready. */
  readonly readiness: { readonly way: Way; readonly path: string }
}

/** What clients are given. Whoever has a signal that is not aborted goes on until nobody takes its connections. */
export interface Crowd {
  /** The one that is going to be stopped comes first. */
  readonly backends: readonly [Backend, ...Backend[]]
  readonly tally: Tally
  readonly random: () => number
  readonly over: AbortSignal
}

/** Clients that do their work until the crowd is told to go home, or they have been refused. */
export type Traffic = (crowd: Crowd) => Promise<void>

/** `count` clients at once. */
export function many(count: number, client: Traffic): Traffic {
  return async (crowd) => {
    await Promise.all(Array.from({ length: count }, () => client(crowd)))
  }
}

/** Something short to be done by the client, up to `mostMs`. */
export function think({ random }: Crowd, mostMs: number): Promise<void> {
  return pause(below(random, mostMs + 1))
}

/** Mostly quick answers, some that take up to 600 ms. */
export function anUrl({ random }: Crowd): string {
  const share = random()
  if (share < 0.6) return `/answer/0/${below(random, 1_000_000)}`
  return share < 0.9
    ? `/answer/${50 + below(random, 250)}/${below(random, 1_000_000)}`
    : `/answer/${300 + below(random, 300)}/${below(random, 1_000_000)}`
}

/** A stream of about half a second. */
export function aStream({ random }: Crowd): string {
  return `/stream/10/${20 + below(random, 40)}/${below(random, 1_000_000)}`
}

export function getOf(url: string): string {
  return `GET ${url} HTTP/1.1\r\nHost: load\r\n\r\n`
}
