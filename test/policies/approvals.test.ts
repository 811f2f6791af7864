import type { Approval } from 'phasegate'
import { approvals } from 'phasegate/policies'
import { describe, expect, test } from 'vitest'
import { MOST_APPROVALS } from '../../src/flip/index.ts'
import { asked, told } from './asked.ts'

const now = '2026-11-21T12:00:00Z'

describe('approvals', () => {
  const given = (id: string, roles?: readonly string[]): Approval => {
    const until = Date.parse('2026-11-21T13:00:00Z')
    return { flip: 'cutover', fingerprint: 'f', actor: { id, ...(roles && { roles }) }, at: 0, until }
  }
  const with_ = (...all: readonly Approval[]) => asked(now, { approvals: all })

  test('are needed from as many different people as it says', async () => {
    const two = approvals(2)
    expect(await told(two, with_())).toBe('0 of 2 approvals')
    expect(await told(two, with_(given('lee')))).toBe('1 of 2 approvals: lee until 2026-11-21T13:00:00Z')
    expect(await told(two, with_(given('lee'), given('lee')))).toContain('1 of 2')
    expect(await told(two, with_(given('lee'), given('max')))).toBe(true)
  })

  test('are not needed from who asks, and do not count: ids are compared exactly', async () => {
    expect(await told(approvals(1), with_(given('kim')))).toBe('0 of 1 approvals; not counted: kim asks for it')
    expect(await told(approvals(2), with_(given('kim'), given('lee')))).toBe(
      '1 of 2 approvals: lee until 2026-11-21T13:00:00Z; not counted: kim asks for it',
    )
    expect(await told(approvals(1), with_(given('Kim')))).toBe(true)
    expect(await told(approvals(1), with_(given('kim ')))).toBe(true)
  })

  test('count for nothing where nobody says who asks', async () => {
    const nobody = asked(now, { actor: undefined, approvals: [given('lee'), given('max')] })
    expect(await told(approvals(1), nobody)).toBe('1 approvals by others are needed, and nobody says who asks')
  })

  test('count from the roles that it names, whatever characters are in them', async () => {
    const odd = ['Ops: "night" & day', 'größe/χ']
    const two = approvals(2, { roles: odd })
    expect(await told(two, with_(given('lee', ['sre']), given('max'), given('pat', [odd[0] ?? ''])))).toBe(
      '1 of 2 approvals by Ops: "night" & day or größe/χ: pat until 2026-11-21T13:00:00Z; ' +
        'not counted: lee has none of these roles, max has none of these roles',
    )
    expect(await told(two, with_(given('lee', ['x', 'größe/χ']), given('pat', [odd[0] ?? ''])))).toBe(true)
    expect(await told(two, with_(given('lee', ['Größe/χ']), given('pat', [odd[0] ?? ''])))).toContain('1 of 2')
  })

  test('can be as many as a subject keeps, and no more can be asked for', async () => {
    const all = Array.from({ length: MOST_APPROVALS }, (_, index) => given(`a${index}`))
    expect(await told(approvals(MOST_APPROVALS), with_(...all))).toBe(true)
    expect(() => approvals(MOST_APPROVALS + 1)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test.each([
    ['the number of approvals', 0, undefined],
    ['the number of approvals', 1.5, undefined],
    ['the number of approvals', '2', undefined],
    ['roles', 1, { roles: [] }],
    ['roles', 1, { roles: 'sre' }],
    ['roles[1]', 1, { roles: ['sre', ''] }],
    ['approvals options.by', 1, { by: ['sre'] }],
  ])('a wrong %s is refused by name', (option, n, options) => {
    expect(() => approvals(n as never, options as never)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ option }) }),
    )
  })
})
