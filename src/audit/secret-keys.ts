import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { known, PhasegateError, refuse } from '../base/index.ts'
import type { Secrets } from '../ports/index.ts'

export interface SecretKeysOptions {
  /** The name of the key that seals from now on. */
  readonly current: string
  /** 32 bytes each, by name. A key that is taken away makes all that it sealed unreadable, for good and everywhere. */
  readonly keys: { readonly [name: string]: Uint8Array }
  /**
   * 32 bytes, for the digests by which a repeated request is recognised. It must outlive the keys.
   * @default the first of `keys`
   */
  readonly digestKey?: Uint8Array | undefined
}

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Secrets by AES-256-GCM and HMAC-SHA-256 of node:crypto, with keys that you keep.
 * @throws OPTION_INVALID naming the option
 * @example createGate(payments, { secrets: secretKeys({ current: '2026', keys: { 2026: key } }) })
 */
export function secretKeys(options: SecretKeysOptions): Secrets {
  const given = known(options, 'secretKeys options', ['current', 'keys', 'digestKey'])
  const keys = parseKeys(given.keys)
  const currentKey = typeof given.current === 'string' ? keys.get(given.current) : undefined
  if (currentKey === undefined) return refuse('current', given.current, `one of ${[...keys.keys()].join(', ')}`)
  const [first = currentKey] = keys.values()
  const digestKey = given.digestKey === undefined ? first : parseKey(given.digestKey, 'digestKey')
  return {
    seal: (clear) => sealText(String(given.current), currentKey, clear),
    open: (sealed) => openText(keys, sealed),
    digest: (clear) => createHmac('sha256', digestKey).update(clear).digest('base64url'),
  }
}

function sealText(name: string, key: Uint8Array, clear: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const data = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()])
  return `${name}:${Buffer.concat([iv, cipher.getAuthTag(), data]).toString('base64url')}`
}

function openText(keys: ReadonlyMap<string, Uint8Array>, sealed: string): string {
  const colon = sealed.indexOf(':')
  const name = sealed.slice(0, Math.max(0, colon))
  const key = keys.get(name)
  if (key === undefined) throw unreadable(name, [...keys.keys()], 'its key is not among those given')
  const text = sealed.slice(colon + 1)
  const bytes = Buffer.from(text, 'base64url')
  // What Node passes over, odd characters and spare bits, would let a changed text through.
  if (bytes.toString('base64url') !== text) throw unreadable(name, [...keys.keys()], 'it is not as it was written')
  const at = IV_BYTES + TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(bytes.subarray(IV_BYTES, at))
    return decipher.update(bytes.subarray(at), undefined, 'utf8') + decipher.final('utf8')
  } catch (error) {
    throw unreadable(name, [...keys.keys()], 'it is not what this key has sealed', error)
  }
}

function parseKeys(value: unknown): ReadonlyMap<string, Uint8Array> {
  if (typeof value !== 'object' || value === null) return refuse('keys', value, 'an object: keys of 32 bytes, by name')
  const keys = new Map(
    Object.entries(value).map(([name, key]) => [parseName(name), parseKey(key, `keys.${name}`)] as const),
  )
  return keys.size > 0 ? keys : refuse('keys', value, 'one key or more')
}

function parseName(name: string): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name)
    ? name
    : refuse('the name of a key', name, '1–64 letters, digits, ".", "_" or "-"')
}

function parseKey(value: unknown, option: string): Uint8Array {
  // The value is not told: it may be most of a key.
  if (value instanceof Uint8Array && value.length === KEY_BYTES) return value
  const found = value instanceof Uint8Array ? `${value.length} bytes` : typeof value
  throw new PhasegateError('OPTION_INVALID', `${option} is ${found}; it must be ${KEY_BYTES} bytes`, {
    option,
    value: found,
    expected: `${KEY_BYTES} bytes`,
  })
}

function unreadable(
  key: string,
  known: readonly string[],
  problem: string,
  cause?: unknown,
): PhasegateError<'SECRET_UNREADABLE'> {
  const message = `a sealed value (key "${key}") cannot be opened: ${problem}; keys given: ${known.join(', ')}`
  return new PhasegateError('SECRET_UNREADABLE', message, { key, known, problem }, { cause })
}
