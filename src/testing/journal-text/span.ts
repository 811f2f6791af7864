const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** Milliseconds with nothing rounded away: `0s`, `250ms`, `1m5s`, `2h`. */
export function span(ms: number): string {
  if (ms < 0) return `-${span(-ms)}`
  let left = Math.round(ms)
  const parts = UNITS.map(([unit, size]) => {
    const amount = Math.floor(left / size)
    left -= amount * size
    return amount === 0 ? '' : `${amount}${unit}`
  })
  return parts.join('') || '0s'
}
