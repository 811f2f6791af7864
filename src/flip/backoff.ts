/** Clamped first, then fully jittered: a random wait between 0 and min(cap, base · 2ⁿ), n from 0. */
export function backoffMs(
  failures: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  random: () => number,
): number {
  // 0 · ∞ would be no number.
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 1_000))
}
