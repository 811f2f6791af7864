import type { KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expiryOf, judge, newKey, type SigningKey, signToken, type Token, type Verdict } from './token.ts'

// The services of which a rotation is made: a vault that has the keys, issuers that sign with them, verifiers that check.
// They stand for processes on other machines; what is asked of them takes a moment, and may fail.

/** Has the private keys. What it destroys is gone. */
export class Vault {
  readonly #keys = new Map<string, SigningKey>()

  create(id: string): SigningKey {
    const key = newKey(id)
    this.#keys.set(id, key)
    return key
  }

  destroy(id: string): void {
    this.#keys.delete(id)
  }

  key(id: string): SigningKey {
    const key = this.#keys.get(id)
    if (key === undefined) throw new Error(`there is no key "${id}"`)
    return key
  }

  has(id: string): boolean {
    return this.#keys.has(id)
  }
}

export class Issuer {
  readonly #vault: Vault
  readonly #tokenLifeMs: number
  /** Until when there is a token that one key alone has signed, by key. */
  readonly #aloneUntil = new Map<string, number>()
  #keyIds: readonly string[]

  constructor(vault: Vault, tokenLifeMs: number, keyId: string) {
    this.#vault = vault
    this.#tokenLifeMs = tokenLifeMs
    this.#keyIds = [keyId]
  }

  async signWith(...keyIds: readonly string[]): Promise<void> {
    await pause(5)
    this.#keyIds = keyIds
  }

  issue(): Token {
    const token = signToken(
      Date.now() + this.#tokenLifeMs,
      this.#keyIds.map((id) => this.#vault.key(id)),
    )
    const [only, ...others] = this.#keyIds
    if (only !== undefined && others.length === 0) this.#aloneUntil.set(only, expiryOf(token))
    return token
  }

  /** Whether there is a valid token that only this key has signed. */
  needs(keyId: string): boolean {
    return Date.now() < (this.#aloneUntil.get(keyId) ?? 0)
  }
}

export class Verifier {
  readonly #keys: Map<string, KeyObject>
  readonly #used = new Set<string>()
  readonly #reloadMs: number
  /** Whether there is no room for another key. */
  isFull = false

  /** What it is told takes effect `reloadMs` after it has said yes. */
  constructor(reloadMs: number, keyId: string, key: KeyObject) {
    this.#reloadMs = reloadMs
    this.#keys = new Map([[keyId, key]])
  }

  async learn(keyId: string, key: KeyObject): Promise<void> {
    await pause(5)
    if (this.isFull) throw new Error('its key store is full')
    setTimeout(() => this.#keys.set(keyId, key), this.#reloadMs)
  }

  /** Bears that there is no such key. */
  async forget(keyId: string): Promise<void> {
    await pause(5)
    setTimeout(() => this.#keys.delete(keyId), this.#reloadMs)
  }

  /** Whether the key is in effect. */
  knows(keyId: string): boolean {
    return this.#keys.has(keyId)
  }

  /** Whether a token was accepted by this key. */
  hasUsed(keyId: string): boolean {
    return this.#used.has(keyId)
  }

  check(token: Token): Verdict {
    const verdict = judge(token, this.#keys, Date.now())
    if (verdict.type === 'accepted') for (const keyId of verdict.by) this.#used.add(keyId)
    return verdict
  }
}
