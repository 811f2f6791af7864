import { generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto'

export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** What an issuer says of somebody, signed by one key or by several: whoever knows one of them can tell that it is true. */
export interface Token {
  readonly claims: string
  readonly signatures: readonly { readonly keyId: string; readonly signature: Buffer }[]
}

export interface Claims {
  readonly token: string
  readonly expiresAt: number
}

export function newKey(id: string): SigningKey {
  return { id, ...generateKeyPairSync('ed25519') }
}

export function signToken(expiresAt: number, keys: readonly SigningKey[]): Token {
  const claims = JSON.stringify({ token: randomUUID(), expiresAt } satisfies Claims)
  const signatures = keys.map(({ id, privateKey }) => ({
    keyId: id,
    signature: sign(undefined, Buffer.from(claims), privateKey),
  }))
  return { claims, signatures }
}

export type Verdict =
  | { readonly type: 'accepted'; readonly by: readonly string[] }
  | { readonly type: 'refused'; readonly because: 'expired' | 'forged' | 'no key that I know' }

/** Looks at every signature by a key it knows: all of them must be right, and there must be one. */
export function judge(token: Token, keys: ReadonlyMap<string, KeyObject>, now: number): Verdict {
  const known = token.signatures.flatMap(({ keyId, signature }) => {
    const key = keys.get(keyId)
    return key === undefined ? [] : [{ keyId, isRight: verify(undefined, Buffer.from(token.claims), key, signature) }]
  })
  if (known.length === 0) return { type: 'refused', because: 'no key that I know' }
  if (known.some(({ isRight }) => !isRight)) return { type: 'refused', because: 'forged' }
  return expiryOf(token) <= now
    ? { type: 'refused', because: 'expired' }
    : { type: 'accepted', by: known.map(({ keyId }) => keyId) }
}

export function expiryOf({ claims }: Token): number {
  return (JSON.parse(claims) as Claims).expiresAt
}
