import { createHash } from 'node:crypto'
import { canonical, describe, PhasegateError } from '../base/index.ts'

/** A request's idempotency key, with the digest of what was requested under it. */
export interface Key {
  readonly text: string
  readonly fingerprint: string
}

/** @throws OPTION_INVALID unless `text` is 1–255 printable ASCII characters */
export function makeKey(text: string, flip: string, input: unknown): Key {
  if (typeof text !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(text)) {
    const found = typeof text === 'string' ? `${describe(text)} (${text.length} characters)` : describe(text)
    const expected = '1–255 printable ASCII characters'
    const message = `the idempotency key is ${found}; a key is ${expected}`
    throw new PhasegateError('OPTION_INVALID', message, { option: 'key', value: found, expected })
  }
  return { text, fingerprint: fingerprintOf(flip, input) }
}

/** SHA-256, in hex, of what is requested. @throws NOT_SERIALISABLE */
export function fingerprintOf(flip: string, input: unknown): string {
  return createHash('sha256').update(canonical({ flip, input }, 'the input')).digest('hex')
}
