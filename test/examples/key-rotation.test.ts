import { expect, test } from 'vitest'
import { Issuer, type Vault, Verifier } from '../../examples/key-rotation/fleet.ts'
import { rotate } from '../../examples/key-rotation/story.ts'
import { expiryOf, type SigningKey, signToken, type Token } from '../../examples/key-rotation/token.ts'
import { proofOf, run } from './run.ts'

test('the example of a key rotation refuses no valid token, though its first attempt fails', async ({
  onTestFinished,
}) => {
  const { code, said } = await run('examples/key-rotation/index.ts', onTestFinished)
  expect(said).toMatch(/distribute +fails at verifier-3: its key store is full/)
  expect(said).toMatch(/distribute +rolled back: still "old"/)
  expect(said).toMatch(/retire +refused: a token that only "k1" has signed is still valid/)
  expect(said).toMatch(/retire +done: switched → retired/)
  expect(proofOf(said)).toEqual([
    expect.stringMatching(/^✔ \d+ tokens shown \d+ times: 0 wrongly refused$/),
    '✔ forged and expired ones: 0 accepted',
    expect.stringMatching(/^✔ accepted \d+ by k1, \d+ by k1\+k2, \d+ by k2$/),
    '✔ distributed at attempt 2, after undoing verifier-3, verifier-2, verifier-1',
    '✔ retiring too early: GUARD_REFUSED',
    '✔ in phase "retired" a thief with the old key fools 0 verifiers',
  ])
  expect(code).toBe(0)
})

/** Says yes to every key, and goes on with the one it has. */
class BoastfulVerifier extends Verifier {
  override async learn(): Promise<void> {
    if (this.isFull) throw new Error('its key store is full')
  }
  override knows(keyId: string): boolean {
    return keyId === 'k2' || super.knows(keyId)
  }
  override hasUsed(): boolean {
    return true
  }
}

/** Signs every other token with its first key alone, for ever, and keeps that to itself. */
class StubbornIssuer extends Issuer {
  readonly #first: SigningKey
  #issued = 0

  constructor(vault: Vault, tokenLifeMs: number, keyId: string) {
    super(vault, tokenLifeMs, keyId)
    this.#first = vault.key(keyId)
  }

  override issue(): Token {
    const token = super.issue()
    this.#issued += 1
    return this.#issued % 2 === 0 ? token : signToken(expiryOf(token), [this.#first])
  }
}

test.for([
  ['verifiers say that they know a key, and do not', { Issuer, Verifier: BoastfulVerifier }],
  ['issuers do not tell what they have signed', { Issuer: StubbornIssuer, Verifier }],
] as const)('the example of a key rotation finds its refused tokens when %s', async ([, kinds]) => {
  const [tokens] = await rotate(kinds)
  expect(tokens).toMatchObject({ holds: false, text: expect.stringMatching(/: [1-9]\d* wrongly refused$/) })
})
