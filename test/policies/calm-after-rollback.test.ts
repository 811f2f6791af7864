import { calmAfterRollback } from 'phasegate/policies'
import { describe, expect, test } from 'vitest'
import { asked, told } from './asked.ts'

const now = '2026-11-21T12:00:00Z'

describe('calm after a rollback', () => {
  const ago = (flip: string, minutes: number) => ({ flip, at: Date.parse(now) - minutes * 60_000 })
  const after = (...rolledBack: readonly { readonly flip: string; readonly at: number }[]) => asked(now, { rolledBack })

  test('is kept for as long as it says, and then no longer', async () => {
    const calm = calmAfterRollback('30m')
    expect(await told(calm, after())).toBe(true)
    expect(await told(calm, after(ago('cutover', 12)))).toBe(
      'flip "cutover" was rolled back 12m ago; calm is kept until 2026-11-21T12:18:00Z',
    )
    expect(await told(calm, after(ago('other', 29.999)))).toContain('flip "other" was rolled back')
    expect(await told(calm, after(ago('cutover', 30)))).toBe(true)
  })

  test('is kept after the flips that it names, whatever was rolled back since', async () => {
    const calm = calmAfterRollback('30m', { flips: ['cutover', 'backfill'] })
    expect(await told(calm, after(ago('prepare', 1)))).toBe(true)
    expect(await told(calm, after(ago('prepare', 1), ago('backfill', 20), ago('cutover', 25)))).toContain('"backfill"')
    expect(await told(calm, after(ago('prepare', 1), ago('cutover', 31)))).toBe(true)
  })

  test('is kept also where the clock that recorded it goes ahead', async () => {
    expect(await told(calmAfterRollback('1m'), after(ago('cutover', -2)))).toContain('rolled back 0ms ago')
  })

  test.each([
    ['the calm after a rollback', 'soon', undefined],
    ['the calm after a rollback', 0, undefined],
    ['flips', '1m', { flips: [] }],
    ['flips', '1m', { flips: 'cutover' }],
    ['flips[0]', '1m', { flips: [''] }],
    ['calm options.flip', '1m', { flip: 'cutover' }],
  ])('a wrong %s is refused by name', (option, duration, options) => {
    expect(() => calmAfterRollback(duration as never, options as never)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ option }) }),
    )
  })
})
