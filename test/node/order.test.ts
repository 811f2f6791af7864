import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPhasegateError } from '../../src/base/index.ts'
import { parseDependencies } from '../../src/node/dependencies/index.ts'
import { dependants, inOrder, longestStopMs } from '../../src/node/dependencies/order.ts'

const stop = (): void => {}

/** Names `0` to `n`, each after some of those with a smaller number, in any order of declaration. */
const graphs = fc
  .array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
  .map((needs) =>
    needs.map((all, at) => ({
      name: `n${at}`,
      after: [...new Set(all.filter((one) => one < at))].map((one) => `n${one}`),
    })),
  )
  .chain((items) => fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length }))

describe('the order of dependencies', () => {
  test('has each after all that it needs, and all of them', () => {
    fc.assert(
      fc.property(graphs, (items) => {
        const { order, circle } = inOrder(items)
        expect(circle).toEqual([])
        expect(order).toHaveLength(items.length)
        const at = new Map(order.map(({ name }, index) => [name, index]))
        for (const { name, after } of items) {
          for (const need of after) expect(at.get(need)).toBeLessThan(at.get(name) ?? -1)
        }
      }),
    )
  })

  test('is as declared where nothing else is needed', () => {
    const items = ['c', 'a', 'b'].map((name) => ({ name, after: [] }))
    expect(inOrder(items).order).toEqual(items)
  })

  test('does not exist for a circle, which is named', () => {
    const items = [
      { name: 'a', after: [] },
      { name: 'b', after: ['c'] },
      { name: 'c', after: ['b'] },
    ]
    expect(inOrder(items)).toMatchObject({ circle: ['b', 'c'] })
    expect(dependants(items, 'b').map(({ name }) => name)).toEqual(['c'])
  })

  test('takes as long to undo as its longest chain', () => {
    const specs = parseDependencies({
      database: { stop, stopTimeout: '2s' },
      cache: { stop, stopTimeout: '3s', after: ['database'] },
      emails: { stop, stopTimeout: '4s', after: ['database'] },
      metrics: { stop, stopTimeout: '1s' },
      clock: { start: stop, stopTimeout: '1h' },
    })
    expect(longestStopMs(specs)).toBe(6_000)
  })
})

test.each([
  [['database'], 'dependencies'],
  [{ database: () => {} }, 'dependencies.database'],
  [{ database: {} }, 'dependencies.database'],
  [{ database: { stop: 'end' } }, 'dependencies.database.stop'],
  [{ database: { stop, stopTimeout: 0 } }, 'dependencies.database.stopTimeout'],
  [{ database: { stop, startTimeout: 'long' } }, 'dependencies.database.startTimeout'],
  [{ database: { stop, before: ['cache'] } }, 'dependencies.database.before'],
  [{ database: { stop, after: 'cache' } }, 'dependencies.database.after'],
  [{ database: { stop, after: ['cache'] } }, 'dependencies.database.after'],
  [{ database: { stop, after: ['database'] } }, 'dependencies.database.after'],
  [{ '7': { stop } }, 'the name of a dependency'],
  [{ a: { stop, after: ['b'] }, b: { stop, after: ['a'] } }, 'dependencies'],
])('%o is refused, naming %s', (given, option) => {
  try {
    parseDependencies(given)
  } catch (error) {
    expect(isPhasegateError(error, 'OPTION_INVALID') && error.facts.option).toBe(option)
    return
  }
  throw new Error('it was accepted')
})
