import { judgeFlipped, judgePhase, judgeUndone } from './flips.ts'
import { judgeHeld } from './held.ts'
import { type Matched, matched } from './judged.ts'
import { lookedAt, nameOf, recordsOf } from './looked-at.ts'
import { judgeRefusal, parseRefusal } from './refusal.ts'
import { judgeVerified, type VerifyingOptions } from './verified.ts'

/** What vitest tells a matcher, as far as it is used here. */
interface Asked {
  readonly isNot: boolean
}

/** The matchers, for `expect.extend`: each looks, judges, and says what it found. */
export const matchers = {
  async toBeInPhase(this: Asked, received: unknown, phase: unknown): Promise<Matched> {
    const looked = lookedAt(received)
    const [found, records] = [await looked.phase(), await recordsOf(looked)]
    return matched(judgePhase(nameOf(looked), found, records, phase), this.isNot)
  },

  async toHaveFlipped(this: Asked, received: unknown, flipped: unknown): Promise<Matched> {
    const looked = lookedAt(received)
    return matched(judgeFlipped(nameOf(looked), await recordsOf(looked), flipped), this.isNot)
  },

  async toHaveUndone(this: Asked, received: unknown, steps: unknown): Promise<Matched> {
    const looked = lookedAt(received)
    return matched(judgeUndone(nameOf(looked), await recordsOf(looked), steps), this.isNot)
  },

  async toRefuse(this: Asked, received: unknown, ...asked: readonly unknown[]): Promise<Matched> {
    const looked = lookedAt(received)
    const { flip, by, input, options } = parseRefusal(asked[0], asked[1], asked[2])
    return matched(judgeRefusal(nameOf(looked), by, await looked.explain(flip, input, options)), this.isNot)
  },

  async toVerify(this: Asked, received: unknown, options?: VerifyingOptions): Promise<Matched> {
    return matched(await judgeVerified(received, options), this.isNot)
  },

  toHold(this: Asked, received: unknown): Matched {
    return matched(judgeHeld(received), this.isNot)
  },
}
