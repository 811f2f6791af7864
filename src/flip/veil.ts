import { canonical, isPlainObject, PhasegateError } from '../base/index.ts'
import { changeSensitive, type FlipSpec } from '../chart/index.ts'
import type { Secrets } from '../ports/index.ts'

// What is sensitive in an input is in clear for guards, steps, confirms and undos alone. Records, heads and events have it
// sealed, and what requests are recognised by has a digest of it.

type Declared = Pick<FlipSpec, 'sensitive'>

/** The input as it is stored. */
export function sealInput({ sensitive }: Declared, secrets: Secrets | undefined, input: unknown): unknown {
  if (sensitive === undefined || secrets === undefined) return input
  return changeSensitive(sensitive, input, (value) => ({ $sealed: secrets.seal(canonical(value)) }))
}

/** The input as it was given. @throws SECRET_UNREADABLE */
export function openInput({ sensitive }: Declared, secrets: Secrets | undefined, stored: unknown): unknown {
  if (sensitive === undefined || secrets === undefined) return stored
  return changeSensitive(sensitive, stored, (value) => JSON.parse(secrets.open(sealedText(value))) as unknown)
}

/** The input as requests are compared by it: equal for equal inputs, and of no use to who reads it. */
export function digestInput({ sensitive }: Declared, secrets: Secrets | undefined, input: unknown): unknown {
  if (sensitive === undefined || secrets === undefined) return input
  return changeSensitive(sensitive, input, (value) => ({ $digest: secrets.digest(canonical(value)) }))
}

function sealedText(value: unknown): string {
  if (isPlainObject(value) && typeof value.$sealed === 'string') return value.$sealed
  const problem = 'it is not sealed'
  throw new PhasegateError('SECRET_UNREADABLE', `a sensitive value cannot be opened: ${problem}`, {
    key: '',
    known: [],
    problem,
  })
}
