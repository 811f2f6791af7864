import { createHash, randomBytes } from 'node:crypto'
import type { Secrets } from 'phasegate'
import { secretKeys } from 'phasegate/audit'
import type { SecretsHarness } from 'phasegate/testing'
import { type Broken, bend } from './bend.ts'

/** Some methods that do not do as they should. `key` tells one set of keys from another. */
type Bent = (secrets: Secrets, key: string) => Partial<Secrets>

function bent(name: string, breaks: number, changes: Bent): Broken<SecretsHarness> {
  const harness = (): SecretsHarness => {
    const [old, young, other] = [randomBytes(32), randomBytes(32), randomBytes(32)]
    const make = (key: string, secrets: Secrets): Secrets => bend(secrets, changes(secrets, key))
    return {
      secrets: make('old', secretKeys({ current: 'old', keys: { old } })),
      renewed: make('young', secretKeys({ current: 'young', keys: { old, young } })),
      foreign: make('other', secretKeys({ current: 'old', keys: { old: other } })),
    }
  }
  return { name, breaks, harness }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The same text is sealed once, and told again: who sees two of them knows that they are alike. */
function alike(secrets: Secrets): Partial<Secrets> {
  const sealed = new Map<string, string>()
  return {
    seal: (clear) => {
      const found = sealed.get(clear) ?? secrets.seal(clear)
      sealed.set(clear, found)
      return found
    },
  }
}

/** Takes what it cannot open for what it never sealed. */
function lenient(secrets: Secrets): Partial<Secrets> {
  return {
    open: (sealed) => {
      try {
        return secrets.open(sealed)
      } catch {
        return sealed
      }
    },
  }
}

/** What can be wrong with secrets. */
export const brokenSecrets: readonly Broken<SecretsHarness>[] = [
  bent('trims what it seals', 1, (secrets) => ({ seal: (clear) => secrets.seal(clear.trim()) })),
  bent('writes in base64', 1, () => ({
    seal: (clear) => Buffer.from(clear).toString('base64'),
    open: (sealed) => Buffer.from(sealed, 'base64').toString(),
  })),
  bent('seals alike what is alike', 1, alike),
  bent('gives back what it cannot open', 2, lenient),
  bent('does not look at the end of what it opens', 2, (secrets) => ({
    seal: (clear) => `${secrets.seal(clear)}.v1`,
    open: (sealed) => secrets.open(sealed.replace(/\..*$/, '')),
  })),
  bent('salts its digests', 3, (secrets) => ({ digest: (clear) => secrets.digest(`${clear}${Math.random()}`) })),
  bent('makes its digests with the key that seals', 3, (_, key) => ({ digest: (clear) => sha256(`${key}${clear}`) })),
  bent('makes its digests without a key', 3, () => ({ digest: sha256 })),
]
