import { type Duration, formatMs, identifier, known, parseDuration, refuse } from '../base/index.ts'
import { deny, type Policy, policy } from '../chart/index.ts'
import { momentText } from './moment.ts'

/** Options of `calmAfterRollback(duration, options)`. */
export interface CalmOptions {
  /**
   * The flips whose rollbacks count.
   * @default all of the subject
   */
  readonly flips?: readonly string[] | undefined
}

/**
 * Refuses for a while after a flip of the subject was rolled back, so that somebody looks before it is tried again.
 * @throws OPTION_INVALID naming the option
 * @example .guard('calm', calmAfterRollback('30m'))
 */
export function calmAfterRollback(duration: Duration, options?: CalmOptions): Policy {
  const calmMs = parseDuration(duration, 'the calm after a rollback')
  if (calmMs === 0) refuse('the calm after a rollback', duration, 'longer than 0')
  const flips = parseFlips(known(options, 'calm options', ['flips']).flips)
  return policy(({ at, rolledBack }) => {
    const last = rolledBack.find(({ flip }) => flips?.has(flip) ?? true)
    if (last === undefined || at - last.at >= calmMs) return true
    const ago = formatMs(Math.max(0, at - last.at))
    return deny(`flip "${last.flip}" was rolled back ${ago} ago; calm is kept until ${momentText(last.at + calmMs)}`)
  })
}

function parseFlips(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length === 0) return refuse('flips', value, 'a list of one or more flips')
  return new Set(value.map((flip: unknown, index) => identifier(flip, `flips[${index}]`)))
}
