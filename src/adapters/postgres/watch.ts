import { z } from 'zod'
import { callable, known, refuse, sleep, systemClock } from '../../base/index.ts'
import type { Clock, SubjectRef } from '../../ports/index.ts'
import { MUCH } from './announce.ts'
import { checkOut } from './client.ts'
import { parseName } from './schema.ts'
import { fromStored } from './text.ts'

/** What a watcher is told. `gap`: anything may have changed: at the beginning, after a lost connection, or all at once. */
export type PostgresChange = { readonly type: 'changed'; readonly subject: SubjectRef } | { readonly type: 'gap' }

export interface PostgresWatchOptions {
  /** Where `migrate` has made the tables. @default 'phasegate' */
  readonly schema?: string | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** A connection of `pg` that listens. */
interface ListeningClient {
  query(text: string): Promise<unknown>
  release(destroy?: boolean): void
  on(event: string, listener: (given: never) => void): unknown
}

/** A `Pool` of `pg`: one of its connections is kept for listening. */
export interface ListeningPool {
  connect(): Promise<ListeningClient>
  connect(callback: (error: Error | undefined, client: ListeningClient | undefined) => void): void
}

/** What porsager's `postgres()` returns. */
export interface ListeningSql {
  listen(
    channel: string,
    told: (payload: string) => void,
    listening: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>
}

/** Stops watching, and gives the connection back. */
export type StopWatching = () => Promise<void>

const AGAIN = { firstMs: 100, mostMs: 5_000 }

/**
 * Calls `listener` soon after a subject was written by a journal with `notify: true`. It is a hint, made for screens and caches:
 * what it says must be read from the journal, and after a `gap` all that matters must be.
 *
 * @example const stop = watchPostgres(pool, (change) => void refresh(change))
 */
export function watchPostgres(
  client: ListeningPool | ListeningSql,
  listener: (change: PostgresChange) => void,
  options?: PostgresWatchOptions,
): StopWatching {
  const given = known(options, 'watchPostgres options', ['schema', 'clock'])
  const channel = parseName(given.schema, 'schema', 'phasegate')
  const tell = callable<typeof listener>(listener, 'listener')
  const told = (payload: string): void => {
    for (const change of changesOf(payload)) tell(change)
  }
  const listening = (): void => tell({ type: 'gap' })
  if (isSql(client)) {
    const request = client.listen(channel, told, listening)
    return async () => (await request).unlisten()
  }
  if (typeof client?.connect !== 'function') refuse('the client', client, 'a Pool of pg, or what postgres() returns')
  const watch = new PoolWatch({ pool: client, channel, told, listening, clock: (given.clock as Clock) ?? systemClock })
  return () => watch.stop()
}

function isSql(client: ListeningPool | ListeningSql): client is ListeningSql {
  return typeof (client as Partial<ListeningSql> | null | undefined)?.listen === 'function'
}

/** What is not ours to read may mean anything. */
function changesOf(payload: string): readonly PostgresChange[] {
  const names = payload === MUCH ? undefined : parse(payload)
  if (names === undefined) return [{ type: 'gap' }]
  return names.map(([chart, id]) => ({
    type: 'changed',
    subject: { chart: fromStored(chart), id: fromStored(id) },
  }))
}

const namesSchema = z.array(z.tuple([z.string(), z.string()]))

function parse(payload: string): readonly (readonly [chart: string, id: string])[] | undefined {
  try {
    return namesSchema.parse(JSON.parse(payload))
  } catch {
    return undefined
  }
}

interface PoolWatchOptions {
  readonly pool: ListeningPool
  readonly channel: string
  readonly told: (payload: string) => void
  readonly listening: () => void
  readonly clock: Clock
}

/** Keeps one connection of a pool listening, and gets another when it breaks. */
class PoolWatch {
  readonly #options: PoolWatchOptions
  readonly #end = new AbortController()
  readonly #done: Promise<void>

  constructor(options: PoolWatchOptions) {
    this.#options = options
    this.#done = this.#keepListening()
  }

  stop(): Promise<void> {
    this.#end.abort()
    return this.#done
  }

  async #keepListening(): Promise<void> {
    const { signal } = this.#end
    for (let pauseMs = AGAIN.firstMs; !signal.aborted; pauseMs = Math.min(AGAIN.mostMs, pauseMs * 2)) {
      if (await this.#listenOnce()) pauseMs = AGAIN.firstMs
      if (!signal.aborted)
        await sleep(this.#options.clock, pauseMs, { signal, background: true }).catch(() => undefined)
    }
  }

  /** Listens until the connection breaks or the watch is stopped; false when it never came to listening. */
  async #listenOnce(): Promise<boolean> {
    const { pool, channel, told, listening } = this.#options
    let client: ListeningClient | undefined
    try {
      client = await checkOut(pool)
      const broken = breaking(client, this.#end.signal)
      client.on('notification', ({ payload }: { readonly payload?: string }) => told(payload ?? MUCH))
      await client.query(`listen ${channel}`)
      listening()
      await broken
      return true
    } catch {
      return false
    } finally {
      // A connection that listens is not for others.
      client?.release(true)
    }
  }
}

function breaking(client: ListeningClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      signal.removeEventListener('abort', over)
      resolve()
    }
    if (signal.aborted) return resolve()
    client.on('error', over)
    client.on('end', over)
    signal.addEventListener('abort', over, { once: true })
  })
}
