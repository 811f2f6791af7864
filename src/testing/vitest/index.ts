import { afterEach, expect } from 'vitest'
import { handOn } from '../coverage/index.ts'
import type { FlippedOptions } from './flips.ts'
import { matchers } from './matchers.ts'
import type { RefuseOptions } from './refusal.ts'
import { journalSerializer } from './serializer.ts'
import type { VerifyingOptions } from './verified.ts'

export type { FlippedOptions } from './flips.ts'
export type { LookedAt } from './looked-at.ts'
export { matchers } from './matchers.ts'
export type { RefuseOptions } from './refusal.ts'
export { type JournalSerializer, journalSerializer } from './serializer.ts'
export type { VerifyingOptions } from './verified.ts'

// Done where it stands, not in a function of another file: vitest runs a file that is named in `setupFiles` for each test
// file, but what that imports only once a worker.

expect.extend(matchers)
expect.addSnapshotSerializer(journalSerializer())
afterEach(({ task }) => handOn(task.meta))

// Without type parameters of its own, as those of vitest 4 and 5 differ and all have defaults: so it joins either.
declare module 'vitest' {
  interface Matchers {
    /** Of a subject or a simulation: it is in this phase now, as the journal has it. */
    toBeInPhase(phase: string): Promise<void>
    /** A flip from, to or by these has committed; at least one of them is given. */
    toHaveFlipped(flipped: FlippedOptions): Promise<void>
    /** The flip would be refused; `by`: a guard, a policy, or a verdict such as 'illegal'. Nothing is done or written. */
    toRefuse(flip: string, by?: string | undefined, options?: RefuseOptions): Promise<void>
    /** The last flip has undone exactly these steps, in this order. */
    toHaveUndone(steps: readonly string[]): Promise<void>
    /** Of a journal or a simulation: every record is as it was sealed, and in its place. */
    toVerify(options?: VerifyingOptions): Promise<void>
    /** Of what `explore` has answered: every property holds, of everything that can happen. */
    toHold(): void
  }
}
