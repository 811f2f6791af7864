import type { AnyChart } from '../../chart/index.ts'
import type { Actor } from '../../ports/index.ts'

/** One who has every role that the chart knows; undefined where it knows none. */
export function allRoles({ flips, operators }: AnyChart, id: string): Actor | undefined {
  const roles = [...new Set([...operators, ...[...flips.values()].flatMap(({ allow }) => allow)])]
  return roles.length === 0 ? undefined : { id, roles }
}
