import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One effect on the resource, and by which owner. */
export interface Effect {
  readonly key: string
  readonly epoch: number
}

/** A resource outside, shared by processes, that checks what a careful one checks: the fencing token and the key. */
export class Ledger {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'ledger')
  }

  effects(): readonly Effect[] {
    if (!existsSync(this.#file)) return []
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Effect)
  }

  /** Refuses an older token than the newest it has seen; the same key has its effect once. */
  apply(key: string, epoch: number): 'applied' | 'known' | 'refused' {
    const effects = this.effects()
    if (effects.some((effect) => effect.epoch > epoch)) return 'refused'
    const isKnown = effects.some((effect) => effect.key === key)
    // Also what is known leaves the token: the next older owner must be refused.
    appendFileSync(this.#file, `${JSON.stringify({ key: isKnown ? `again ${key}` : key, epoch })}\n`)
    return isKnown ? 'known' : 'applied'
  }

  /** The keys that had an effect, in order. */
  applied(): readonly string[] {
    return this.effects().flatMap(({ key }) => (key.startsWith('again ') ? [] : [key.slice(key.indexOf(':') + 1)]))
  }
}
