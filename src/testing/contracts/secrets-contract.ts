import assert from 'node:assert/strict'
import { isPhasegateError } from '../../base/index.ts'
import type { Secrets } from '../../ports/index.ts'

/** Secrets under test, and others that they are told apart from. */
export interface SecretsHarness {
  readonly secrets: Secrets
  /** The same after a change of keys: another one seals from now on, and those from before are still there. */
  readonly renewed: Secrets
  /** Of other keys, all of them. */
  readonly foreign: Secrets
}

/** One thing that secrets promise: `promise` is its number in the documentation of `Secrets`. */
export interface SecretsCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the promise is not kept. Every run takes a new harness. */
  run(harness: SecretsHarness): Promise<void>
}

const CARD = '"4111-1111-1111-1111"'

/** Texts that a careless cipher would not give back as they were. */
const TEXTS: readonly string[] = [
  ...['', ' ', 'a', CARD, '{"a":[1,null,"x"]}', 'nul\0byte', 'line\nfeed', 'e\u0301', 'é', '🚦', '\u2028', ':', '%'],
  ...['x'.repeat(15), 'x'.repeat(16), 'x'.repeat(17), 'y'.repeat(100_000)],
]

function refuses({ open }: Secrets, sealed: string): void {
  const shown = JSON.stringify(sealed.slice(0, 80))
  assert.throws(
    () => open(sealed),
    (error) => {
      assert.ok(isPhasegateError(error, 'SECRET_UNREADABLE'), `SECRET_UNREADABLE was expected, found ${String(error)}`)
      return true
    },
    `${shown} was opened`,
  )
}

/** The text with the character at `index` changed into another one of its kind. */
function changed(text: string, index: number): string {
  const old = text[index]
  return `${text.slice(0, index)}${old === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`
}

/** What all secrets have to pass, as data, for any test runner. */
export const secretsContract: readonly SecretsCase[] = [
  {
    promise: 1,
    name: 'what was sealed is opened, whatever it is, also after a change of keys',
    async run({ secrets, renewed }) {
      for (const text of TEXTS) {
        const sealed = secrets.seal(text)
        assert.equal(secrets.open(sealed), text)
        assert.equal(renewed.open(sealed), text)
        assert.equal(renewed.open(renewed.seal(text)), text)
      }
    },
  },
  {
    promise: 1,
    name: 'what was sealed tells nothing: neither what it is, nor whether two are the same',
    async run({ secrets }) {
      const sealed = Array.from({ length: 20 }, () => secrets.seal(CARD))
      assert.equal(new Set(sealed).size, sealed.length, 'two seals of one text are the same')
      const traces = [CARD, '4111', ...(['base64', 'base64url', 'hex'] as const).map((as) => encoded(as))]
      for (const text of sealed)
        for (const trace of traces) assert.equal(text.includes(trace), false, `${trace} is in ${text}`)
    },
  },
  {
    promise: 2,
    name: 'what was changed anywhere, cut or lengthened is not opened',
    async run({ secrets }) {
      const sealed = secrets.seal(CARD)
      for (let index = 0; index < sealed.length; index++) refuses(secrets, changed(sealed, index))
      for (const text of [sealed.slice(1), sealed.slice(0, -1), `${sealed}A`, `${sealed}=`, `${sealed} `, ` ${sealed}`])
        refuses(secrets, text)
    },
  },
  {
    promise: 2,
    name: 'what was not sealed here is not opened: not by other keys, and not at all',
    async run({ secrets, foreign }) {
      refuses(foreign, secrets.seal(CARD))
      refuses(secrets, foreign.seal(CARD))
      for (const text of ['', ':', 'x', CARD, '__proto__:', 'constructor:AAAA', secrets.digest(CARD)])
        refuses(secrets, text)
    },
  },
  {
    promise: 2,
    name: 'what a later key has sealed is not opened by who has not got it',
    async run({ secrets, renewed }) {
      refuses(secrets, renewed.seal(CARD))
    },
  },
  {
    promise: 3,
    name: 'the digest of a text is the same each time, also after a change of keys, and that of another text is another',
    async run({ secrets, renewed }) {
      const digests = TEXTS.map((text) => secrets.digest(text))
      assert.equal(new Set(digests).size, TEXTS.length, 'two texts have one digest')
      for (const [index, text] of TEXTS.entries()) {
        assert.equal(secrets.digest(text), digests[index])
        assert.equal(renewed.digest(text), digests[index])
      }
    },
  },
  {
    promise: 3,
    name: 'without the key nobody makes the digest of a text',
    async run({ secrets, foreign }) {
      for (const text of TEXTS) assert.notEqual(foreign.digest(text), secrets.digest(text))
      assert.equal(secrets.digest(CARD).includes('4111'), false)
    },
  },
]

/** A part of the number, as it would stand in an encoding of the whole. */
function encoded(as: 'base64' | 'base64url' | 'hex'): string {
  return Buffer.from(CARD).toString(as).slice(0, 16)
}
