import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One effect on the resource, and by which owner. */
export interface Effect {
  readonly key: string
  readonly epoch: number
}

export type Answer = 'applied' | 'known' | 'refused'

/** A resource outside, shared by processes, that checks what a careful one checks: the fencing token and the key. */
export interface Resource {
  /** Refuses an older token than the newest it has seen; the same key has its effect once. */
  apply(key: string, epoch: number): Answer | Promise<Answer>
}

/** What a careful resource answers, after these effects. */
export function judge(effects: readonly Effect[], key: string, epoch: number): Answer {
  if (effects.some((effect) => effect.epoch > epoch)) return 'refused'
  return effects.some((effect) => effect.key === key) ? 'known' : 'applied'
}

/** What is kept of it. Also what is known leaves the token: the next older owner must be refused. */
export function kept(answer: 'applied' | 'known', key: string): string {
  return answer === 'known' ? `again ${key}` : key
}

/** The steps that had an effect, in order. */
export function stepsOf(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap(({ key }) => (key.startsWith('again ') ? [] : [key.slice(key.indexOf(':') + 1)]))
}

/** The resource as a file. */
export class Ledger implements Resource {
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

  apply(key: string, epoch: number): Answer {
    const answer = judge(this.effects(), key, epoch)
    if (answer !== 'refused') appendFileSync(this.#file, `${JSON.stringify({ key: kept(answer, key), epoch })}\n`)
    return answer
  }

  applied(): readonly string[] {
    return stepsOf(this.effects())
  }
}
