import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { refuse } from '../base/index.ts'
import { sha256Bytes } from './digest.ts'

// Ed25519 keys as text, as C2SP signed-note has them: `name+id+base64(type || key)`.

const ED25519 = 0x01
const KEY_BYTES = 32
/** What DER puts in front of the 32 bytes of a key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PRIVATE = 'PRIVATE+KEY+'

/** A new key: `key` is kept secret and given to `signer`, `verifier` is handed to everybody who verifies. */
export interface SigningKey {
  readonly key: string
  readonly verifier: string
}

/** A public key under its name. `id` is the first 4 bytes of a digest over both, in hex: a hint, and not more. */
export interface Verifier {
  readonly name: string
  readonly id: string
  /** Its text: `name+id+base64`. */
  readonly text: string
  readonly verify: (text: string, signature: Uint8Array) => boolean
}

/** A private key, with its public half. */
export interface NoteKey {
  readonly verifier: Verifier
  readonly sign: (text: string) => Uint8Array
}

/** A name that stands in notes: no space, no `+`, and nothing that cannot be seen. */
const NAME = /^[^\s+\p{C}]{1,255}$/u

/**
 * Makes an Ed25519 key for checkpoints. `name` says what is vouched for, best as an address without a scheme.
 *
 * @example const { key, verifier } = newSigningKey('example.com/db-upgrade')
 */
export function newSigningKey(name: string): SigningKey {
  if (typeof name !== 'string' || !isKeyName(name)) refuse('name', name, 'text without spaces and "+", 255 at most')
  const { privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length)
  const { verifier } = keyOf(name, privateKey)
  return { key: `${PRIVATE}${name}+${verifier.id}+${encoded(seed)}`, verifier: verifier.text }
}

/** @throws OPTION_INVALID, which never shows the key */
export function parseKey(text: unknown, option: string): NoteKey {
  const parts = typeof text === 'string' && text.startsWith(PRIVATE) ? partsOf(text.slice(PRIVATE.length)) : undefined
  if (parts !== undefined) {
    const der = Buffer.concat([PKCS8, parts.bytes])
    const key = keyOf(parts.name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    if (key.verifier.id === parts.id) return key
  }
  const found = typeof text === 'string' ? 'text of another form' : text
  return refuse(option, found, 'the key of newSigningKey(): PRIVATE+KEY+<name>+<id>+<base64>')
}

/** @throws OPTION_INVALID */
export function parseVerifier(text: unknown, option: string): Verifier {
  return (
    readVerifier(typeof text === 'string' ? text : '') ??
    refuse(option, isSecret(text) ? 'a private key' : text, 'a verifier key: <name>+<id>+<base64>')
  )
}

/** The verifier that a text says; `undefined` when it says none. */
export function readVerifier(text: string): Verifier | undefined {
  const parts = partsOf(text)
  const verifier = parts && verifierOf(parts.name, parts.bytes)
  return verifier?.id === parts?.id ? verifier : undefined
}

/** Whether a key may have this name. */
export function isKeyName(name: string): boolean {
  return NAME.test(name)
}

/** Bytes of base64 that is written in the one usual way. */
export function decoded(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}

function keyOf(name: string, secret: KeyObject): NoteKey {
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  return {
    verifier: verifierOf(name, spki.subarray(SPKI.length)),
    sign: (text) => sign(null, Buffer.from(text), secret),
  }
}

function verifierOf(name: string, bytes: Uint8Array): Verifier {
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' })
  const named = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), bytes])
  const id = Buffer.from(sha256Bytes(named)).toString('hex', 0, 4)
  return {
    name,
    id,
    text: `${name}+${id}+${encoded(bytes)}`,
    verify: (text, signature) => verify(null, Buffer.from(text), key, signature),
  }
}

function encoded(bytes: Uint8Array): string {
  return Buffer.concat([Buffer.of(ED25519), bytes]).toString('base64')
}

function partsOf(text: string): { readonly name: string; readonly id: string; readonly bytes: Buffer } | undefined {
  const [, name = '', id = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const bytes = decoded(base64)
  if (!isKeyName(name) || bytes?.length !== 1 + KEY_BYTES || bytes[0] !== ED25519) return undefined
  return { name, id, bytes: bytes.subarray(1) }
}

function isSecret(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(PRIVATE)
}
