import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type Gate } from 'phasegate'
import { Issuer, Vault, Verifier } from './fleet.ts'
import { type Finding, judge } from './proof.ts'
import { rotation, type Site } from './rotation.ts'
import { Traffic } from './traffic.ts'

const TOKEN_LIFE_MS = 1_000
const RELOAD_MS = 120
const BY_KIM = { actor: { id: 'kim', roles: ['security'] } }

/** What the services are made of. */
export interface Kinds {
  readonly Issuer: typeof Issuer
  readonly Verifier: typeof Verifier
}

/** Rotates a key under traffic; the first attempt to distribute it fails. What holds in the end, and what does not. */
export async function rotate(kinds: Kinds = { Issuer, Verifier }): Promise<readonly Finding[]> {
  const site = newSite(kinds)
  const stolen = site.vault.key(site.oldKey)
  const traffic = new Traffic(site, TOKEN_LIFE_MS)
  const gate = createGate(rotation, { deps: site })
  const key = gate.subject(`${site.oldKey} to ${site.newKey}`)
  narrate(gate)
  await pause(250)

  site.verifiers['verifier-3'].isFull = true
  const failed = await key.safeFlip('distribute', undefined, { ...BY_KIM, key: 'distribute' })
  site.verifiers['verifier-3'].isFull = false
  const distributed = await key.flip('distribute', undefined, { ...BY_KIM, key: 'distribute' })
  await key.flip('sign with both', undefined, BY_KIM)
  await key.flip('switch', undefined, BY_KIM)
  const early = await key.safeFlip('retire', undefined, BY_KIM)
  while ((await key.safeFlip('retire', undefined, BY_KIM)).error?.code === 'GUARD_REFUSED') await pause(50)
  await pause(250)

  const tally = await traffic.stop()
  const undone: string[] = []
  for await (const record of key.history()) if (record.kind === 'undone') undone.push(record.step)
  const phase = await key.phase()
  await gate.close()
  return judge({ site, stolen, tally, phase, undone, failed: failed.error, early: early.error, distributed })
}

/** Three verifiers that know the old key, and two issuers that sign with it. */
function newSite({ Issuer, Verifier }: Kinds): Site {
  const vault = new Vault()
  const { publicKey } = vault.create('k1')
  vault.create('k2')
  return {
    vault,
    issuers: {
      'issuer-1': new Issuer(vault, TOKEN_LIFE_MS, 'k1'),
      'issuer-2': new Issuer(vault, TOKEN_LIFE_MS, 'k1'),
    },
    verifiers: {
      'verifier-1': new Verifier(RELOAD_MS, 'k1', publicKey),
      'verifier-2': new Verifier(RELOAD_MS, 'k1', publicKey),
      'verifier-3': new Verifier(RELOAD_MS, 'k1', publicKey),
    },
    oldKey: 'k1',
    newKey: 'k2',
  }
}

function narrate(gate: Gate<typeof rotation>): void {
  const begunMs = performance.now()
  const say = (flip: string, what: string): void => {
    console.log(`${((performance.now() - begunMs) / 1_000).toFixed(2).padStart(5)} s  ${flip.padEnd(14)}  ${what}`)
  }
  gate.on('flip.stepped', ({ flip, step }) => say(flip, step))
  gate.on('flip.turned', ({ flip, failure }) => say(flip, `fails at ${failure.step ?? flip}: ${failure.message}`))
  gate.on('flip.undone', ({ flip, step }) => say(flip, `${step} undone`))
  gate.on('flip.rolledBack', ({ flip, from }) => say(flip, `rolled back: still "${from}"`))
  gate.on('flip.committed', ({ flip, from, to }) => say(flip, `done: ${from} → ${to}`))
  gate.on('flip.denied', ({ flip = '', reason, repeats }) => {
    say(flip, repeats === 0 ? `refused: ${reason}` : `refused ${repeats} times more`)
  })
}
