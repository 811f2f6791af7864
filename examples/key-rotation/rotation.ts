import { chart, deny } from 'phasegate'
import type { Issuer, Vault, Verifier } from './fleet.ts'

/** The services that take part, and the keys that change places. Records name keys by their ids; keys never go into them. */
export interface Site {
  readonly vault: Vault
  readonly issuers: { readonly [Name in 'issuer-1' | 'issuer-2']: Issuer }
  readonly verifiers: { readonly [Name in 'verifier-1' | 'verifier-2' | 'verifier-3']: Verifier }
  readonly oldKey: string
  readonly newKey: string
}

interface Context {
  readonly deps: Site
}

/** One key takes the place of another, and no token that is valid is ever refused. */
export const rotation = chart('key-rotation', { version: 1 })
  .deps<Site>()
  .phase('old', { initial: true })
  .phase('distributed')
  .phase('dual')
  .phase('switched')
  .phase('retired', { final: true })
  .flip('distribute', (f) =>
    f
      .from('old')
      .to('distributed')
      .allow('security')
      .step('verifier-1', teach('verifier-1'))
      .step('verifier-2', teach('verifier-2'))
      .step('verifier-3', teach('verifier-3'))
      .confirm('every verifier knows the new key', everyVerifierKnowsTheNew, { poll: '20ms', within: '5s' }),
  )
  .flip('sign with both', (f) =>
    f
      .from('distributed')
      .to('dual')
      .allow('security')
      .step('issuer-1', signWithBoth('issuer-1'))
      .step('issuer-2', signWithBoth('issuer-2'))
      .confirm('every verifier has used the new key', everyVerifierHasUsedTheNew, { poll: '20ms', within: '5s' }),
  )
  .flip('switch', (f) =>
    f
      .from('dual')
      .to('switched')
      .allow('security')
      .step('issuer-1', signWithNew('issuer-1'))
      .step('issuer-2', signWithNew('issuer-2')),
  )
  .flip('retire', (f) =>
    f
      .from('switched')
      .to('retired')
      .allow('security')
      .guard('no token needs the old key', noTokenNeedsTheOld)
      .step('verifier-1', unteach('verifier-1'))
      .step('verifier-2', unteach('verifier-2'))
      .step('verifier-3', unteach('verifier-3'))
      .step('destroy', { run: ({ deps }) => deps.vault.destroy(deps.oldKey), irreversible: true })
      .confirm('no verifier knows the old key', noVerifierKnowsTheOld, { poll: '20ms', within: '5s' }),
  )
  .build()

function teach(name: keyof Site['verifiers']) {
  return {
    run: ({ deps }: Context) => deps.verifiers[name].learn(deps.newKey, deps.vault.key(deps.newKey).publicKey),
    compensate: ({ deps }: Context) => deps.verifiers[name].forget(deps.newKey),
  }
}

function unteach(name: keyof Site['verifiers']) {
  return {
    run: ({ deps }: Context) => deps.verifiers[name].forget(deps.oldKey),
    compensate: ({ deps }: Context) => deps.verifiers[name].learn(deps.oldKey, deps.vault.key(deps.oldKey).publicKey),
  }
}

function signWithBoth(name: keyof Site['issuers']) {
  return {
    run: ({ deps }: Context) => deps.issuers[name].signWith(deps.oldKey, deps.newKey),
    compensate: ({ deps }: Context) => deps.issuers[name].signWith(deps.oldKey),
  }
}

function signWithNew(name: keyof Site['issuers']) {
  return {
    run: ({ deps }: Context) => deps.issuers[name].signWith(deps.newKey),
    compensate: ({ deps }: Context) => deps.issuers[name].signWith(deps.oldKey, deps.newKey),
  }
}

/** A verifier that was told of a key may not have it in effect yet. */
function everyVerifierKnowsTheNew({ deps }: Context) {
  return verifiersOf(deps).every((verifier) => verifier.knows(deps.newKey))
}

/** With real tokens, while the old signature beside the new one still saves them. */
function everyVerifierHasUsedTheNew({ deps }: Context) {
  return verifiersOf(deps).every((verifier) => verifier.hasUsed(deps.newKey))
}

/** Always in the same words, so that asking again and again is one denial in the journal. */
function noTokenNeedsTheOld({ deps }: Context) {
  const isNeeded = Object.values(deps.issuers).some((issuer) => issuer.needs(deps.oldKey))
  return !isNeeded || deny(`a token that only "${deps.oldKey}" has signed is still valid`)
}

function noVerifierKnowsTheOld({ deps }: Context) {
  return verifiersOf(deps).every((verifier) => !verifier.knows(deps.oldKey))
}

function verifiersOf({ verifiers }: Site): readonly Verifier[] {
  return Object.values(verifiers)
}
