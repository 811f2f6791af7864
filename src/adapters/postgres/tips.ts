/** The end of a subject's chain as this process last saw it. */
interface Tip {
  readonly version: number
  readonly hash: string
}

const MOST = 10_000

/** The ends of chains, of the subjects that were written or read last: what the next record of each has to name. */
export class Tips {
  readonly #tips = new Map<string, Tip>()

  /** Undefined where it has to be read. */
  at(log: string, version: number): string | undefined {
    const tip = this.#tips.get(log)
    return tip?.version === version ? tip.hash : undefined
  }

  set(log: string, version: number, hash: string): void {
    this.#tips.delete(log)
    this.#tips.set(log, { version, hash })
    if (this.#tips.size <= MOST) return
    for (const oldest of this.#tips.keys()) {
      this.#tips.delete(oldest)
      return
    }
  }
}
