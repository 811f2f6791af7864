import { setTimeout as pause } from 'node:timers/promises'
import type { Verifier } from './fleet.ts'
import type { Site } from './rotation.ts'
import { expiryOf, newKey, signToken, type Token } from './token.ts'

const ISSUE_EVERY_MS = 8
/** When in its life a token is shown to a verifier. */
const SHOWN_AT = [0, 0.3, 0.6, 0.9, 1.1]
/** One token in so many is forged: signed by a stranger, under the name of the old key. */
const FORGED = 10

/** What came of the tokens that were shown. */
export interface Tally {
  issued: number
  shown: number
  /** Genuine and valid, and refused. */
  wronged: number
  /** Forged or expired, and accepted. */
  slipped: number
  /** How many were accepted by which keys: `k1`, `k1+k2`, `k2`. */
  readonly acceptedBy: Map<string, number>
}

/** Tokens are issued all the time, and each is shown to verifiers until it has expired. */
export class Traffic {
  readonly #site: Site
  readonly #tokenLifeMs: number
  readonly #stranger = newKey('stranger')
  readonly #tally: Tally = { issued: 0, shown: 0, wronged: 0, slipped: 0, acceptedBy: new Map() }
  readonly #ended: Promise<unknown>
  #isStopping = false

  constructor(site: Site, tokenLifeMs: number) {
    this.#site = site
    this.#tokenLifeMs = tokenLifeMs
    this.#ended = this.#flow()
  }

  /** Issues no more, and resolves when the last token has expired. */
  async stop(): Promise<Tally> {
    this.#isStopping = true
    await this.#ended
    return this.#tally
  }

  async #flow(): Promise<void> {
    const lives: Promise<unknown>[] = []
    while (!this.#isStopping) {
      for (const issuer of Object.values(this.#site.issuers)) lives.push(this.#live(issuer.issue(), true))
      this.#tally.issued += 2
      if (this.#tally.issued % FORGED === 0) lives.push(this.#live(this.#forge(), false))
      await pause(ISSUE_EVERY_MS)
    }
    await Promise.all(lives)
  }

  #forge(): Token {
    return signToken(Date.now() + this.#tokenLifeMs, [{ ...this.#stranger, id: this.#site.oldKey }])
  }

  #live(token: Token, isGenuine: boolean): Promise<unknown> {
    return Promise.all(SHOWN_AT.map((at) => pause(at * this.#tokenLifeMs).then(() => this.#show(token, isGenuine))))
  }

  #show(token: Token, isGenuine: boolean): void {
    const isValid = (): boolean => isGenuine && Date.now() < expiryOf(token)
    const expected = isValid()
    const verdict = oneOf(Object.values(this.#site.verifiers)).check(token)
    if (expected !== isValid()) return
    this.#tally.shown += 1
    if (verdict.type === 'accepted') {
      const by = verdict.by.join('+')
      this.#tally.acceptedBy.set(by, (this.#tally.acceptedBy.get(by) ?? 0) + 1)
      if (!expected) this.#tally.slipped += 1
    } else if (expected) {
      this.#tally.wronged += 1
    }
  }
}

function oneOf(verifiers: readonly Verifier[]): Verifier {
  const verifier = verifiers[Math.floor(Math.random() * verifiers.length)]
  if (verifier === undefined) throw new Error('there is no verifier')
  return verifier
}
