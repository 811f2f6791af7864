import type { Clock, Stop } from '../../ports/index.ts'

/** Those of this process who wait, in the order they came, so that a lease given back here is taken at once. */
export class Waiting {
  readonly #clock: Clock
  readonly #places = new Map<string, Set<Place>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  enter(resource: string): Place {
    const places = this.#places.get(resource) ?? new Set()
    this.#places.set(resource, places)
    const place = new Place(this.#clock, () => {
      places.delete(place)
      if (places.size === 0 && this.#places.get(resource) === places) this.#places.delete(resource)
    })
    places.add(place)
    return place
  }

  /** Somebody gave the resource back: who waits longest looks now. */
  wake(resource: string): void {
    const [first] = this.#places.get(resource) ?? []
    first?.wake()
  }
}

type State = { readonly type: 'looking' | 'called' } | { readonly type: 'pausing'; readonly end: () => void }

export class Place {
  readonly #clock: Clock
  readonly leave: Stop
  #state: State = { type: 'looking' }

  constructor(clock: Clock, leave: Stop) {
    this.#clock = clock
    this.leave = leave
  }

  /** Whoever is called while it looks has seen too little: its next pause is none. */
  wake(): void {
    if (this.#state.type === 'pausing') this.#state.end()
    else this.#state = { type: 'called' }
  }

  /** Ends after `ms`, or earlier when it is woken or the signal aborts. */
  async pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#state.type !== 'called' && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          stop()
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const stop = this.#clock.timer(ms, end)
        signal?.addEventListener('abort', end, { once: true })
        this.#state = { type: 'pausing', end }
      })
    }
    this.#state = { type: 'looking' }
  }
}
