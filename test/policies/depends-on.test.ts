import { dependsOn } from 'phasegate/policies'
import { describe, expect, test } from 'vitest'
import { asked, told } from './asked.ts'

const now = '2026-11-21T12:00:00Z'

describe('depending on another subject', () => {
  const phased = (phase: () => Promise<string>) => ({ id: 'schema', phase })

  test('is a yes while that is in one of the phases, and else names both', async () => {
    const on = (phase: string) =>
      dependsOn(
        phased(async () => phase),
        'expanded',
        'migrated',
      )
    expect(await told(on('expanded'), asked(now))).toBe(true)
    expect(await told(on('migrated'), asked(now))).toBe(true)
    expect(await told(on('old'), asked(now))).toBe('"schema" is in "old"; it has to be in expanded or migrated')
  })

  test('is looked up each time where a function says on which', async () => {
    const found: string[] = []
    const policy = dependsOn(({ subject }) => {
      found.push(subject)
      return phased(async () => (found.length > 1 ? 'old' : 'expanded'))
    }, 'expanded')
    expect(await told(policy, asked(now))).toBe(true)
    expect(await told(policy, asked(now))).toContain('is in "old"')
    expect(found).toEqual(['db-7', 'db-7'])
  })

  test('is a no where its phase cannot be read, or there is no such subject', async () => {
    const away = async () => Promise.reject(new Error('the journal could not answer'))
    expect(await told(dependsOn(phased(away), 'a'), asked(now))).toBe(
      'the phase of "schema" is not known: the journal could not answer',
    )
    const lost = () => {
      throw new Error('no gate')
    }
    expect(await told(dependsOn(lost, 'a'), asked(now))).toBe('the phase of what it depends on is not known: no gate')
    expect(await told(dependsOn((() => undefined) as never, 'a' as never), asked(now))).toBe(
      'what it depends on is undefined, not a subject',
    )
  })

  test.each([
    ['what it depends on', undefined, ['a']],
    ['what it depends on', { id: 'x' }, ['a']],
    ['phases', phased(async () => 'a'), []],
    ['phases[1]', phased(async () => 'a'), ['a', '']],
  ])('a wrong %s is refused by name', (option, other, phases) => {
    const made = dependsOn as (...given: readonly unknown[]) => unknown
    expect(() => made(other, ...phases)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ option }) }),
    )
  })
})
