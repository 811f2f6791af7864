import type { Append, Settled, SubjectRef } from '../../ports/index.ts'
import { flipsOf, withoutTraces } from '../resident/index.ts'
import { settledSchema } from '../stored/index.ts'
import type { Row, Statement, Value } from './client.ts'
import { arrayText } from './columns.ts'
import type { Statements } from './statements.ts'
import { toStored } from './text.ts'

type Ask = (statement: Statement, values: readonly Value[]) => Promise<readonly Row[]>

/**
 * The outcomes that an append cleans, as they shall be. They are read before; whatever changed them meanwhile would have
 * changed the version that the append expects.
 */
export async function cleanedBy(
  { drop, forget }: Append,
  { chart, id }: SubjectRef,
  { headers, outcomes }: Pick<Statements, 'headers' | 'outcomes'>,
  ask: Ask,
): Promise<readonly Settled[]> {
  if (drop === undefined) return []
  const names = [toStored(chart), toStored(id)]
  const dropped = await ask(headers, [...names, arrayText(drop)])
  const flips = flipsOf(dropped.map(({ header }) => ({ header: String(header) })))
  const signs = [...flips].map((flip) => `"flipId":${JSON.stringify(flip)}`)
  const rows = signs.length === 0 ? [] : await ask(outcomes, [...names, arrayText(signs)])
  return rows
    .map(({ settled }) => settledSchema.parse(JSON.parse(String(settled))))
    .filter(({ flipId, at }) => flips.has(flipId) && at >= (forget ?? at))
    .map(withoutTraces)
}
