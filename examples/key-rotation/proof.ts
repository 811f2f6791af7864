import type { FlipResult, PhasegateError } from 'phasegate'
import type { Site } from './rotation.ts'
import { type SigningKey, signToken } from './token.ts'
import type { Tally } from './traffic.ts'

/** What was seen of a rotation. */
export interface Evidence {
  readonly site: Site
  /** The old key, in the hands of a thief. */
  readonly stolen: SigningKey
  readonly tally: Tally
  readonly phase: string
  /** The steps that were undone, in order. */
  readonly undone: readonly string[]
  /** How the first attempt to distribute the key ended. */
  readonly failed: PhasegateError | undefined
  readonly distributed: Pick<FlipResult, 'attempt'>
  /** How the first attempt to retire the old key ended. */
  readonly early: PhasegateError | undefined
}

export interface Finding {
  readonly holds: boolean
  readonly text: string
}

export function judge(evidence: Evidence): readonly Finding[] {
  return [...traffic(evidence.tally), rollback(evidence), patience(evidence), retirement(evidence)]
}

function traffic({ issued, shown, wronged, slipped, acceptedBy }: Tally): readonly Finding[] {
  const keys = [...acceptedBy].map(([by, count]) => `${count} by ${by}`)
  return [
    {
      holds: shown > issued && wronged === 0,
      text: `${issued} tokens shown ${shown} times: ${wronged} wrongly refused`,
    },
    { holds: slipped === 0, text: `forged and expired ones: ${slipped} accepted` },
    { holds: acceptedBy.has('k1+k2') && acceptedBy.has('k2'), text: `accepted ${keys.join(', ')}` },
  ]
}

function rollback({ failed, undone, distributed }: Evidence): Finding {
  const isUndone = failed?.code === 'FLIP_ROLLED_BACK' && undone.join() === 'verifier-3,verifier-2,verifier-1'
  const text = `distributed at attempt ${distributed.attempt}, after undoing ${undone.join(', ')}`
  return { holds: isUndone && distributed.attempt === 2, text }
}

function patience({ early }: Evidence): Finding {
  return { holds: early?.code === 'GUARD_REFUSED', text: `retiring too early: ${early?.code ?? 'nobody minded'}` }
}

function retirement({ site, stolen, phase }: Evidence): Finding {
  const loot = signToken(Date.now() + 60_000, [stolen])
  const fooled = Object.values(site.verifiers).filter((verifier) => verifier.check(loot).type === 'accepted').length
  const isGone = phase === 'retired' && !site.vault.has(site.oldKey)
  return {
    holds: isGone && fooled === 0,
    text: `in phase "${phase}" a thief with the old key fools ${fooled} verifiers`,
  }
}
