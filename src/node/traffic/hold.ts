/**
 * Keeps requests from their handlers for a moment. Clients that wait for an answer open no further connection, so that a
 * listener can be closed while nobody knocks.
 */
export class Hold {
  #held: (() => void)[] | undefined

  /** How many requests are kept. */
  get size(): number {
    return this.#held?.length ?? 0
  }

  begin(): void {
    this.#held ??= []
  }

  /** Whether `go` is kept until the end of the hold; false: it is for the caller to go on. */
  keeps(go: () => void): boolean {
    this.#held?.push(go)
    return this.#held !== undefined
  }

  /** Lets everything go, in the order it came. */
  end(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const go of held) go()
  }
}
