import assert from 'node:assert/strict'
import type { Journal } from '../../ports/index.ts'
import type { JournalCase } from './journal-case.ts'
import { NAMES } from './journal-samples.ts'

/** What is promised of bookmarks. */
export const bookmarkCases: readonly JournalCase[] = [
  {
    promise: 20,
    name: 'a bookmark is what it was last moved to, and moves only from what it is',
    async run({ journal, reopen }) {
      assert.equal(await journal.bookmark('b'), undefined)
      assert.equal(await journal.moveBookmark('b', 'x', 'y'), false)
      assert.equal(await journal.bookmark('b'), undefined)
      assert.equal(await journal.moveBookmark('b', undefined, 'one'), true)
      assert.equal(await journal.moveBookmark('b', undefined, 'two'), false)
      assert.equal(await journal.moveBookmark('b', 'two', 'three'), false)
      assert.equal(await journal.bookmark('b'), 'one')
      assert.equal(await journal.moveBookmark('b', 'one', 'two'), true)
      assert.equal(await journal.moveBookmark('b', 'two', 'two'), true)
      assert.equal(await journal.bookmark('b'), 'two')
      if (reopen === undefined) return
      const again = await reopen()
      assert.equal(await again.bookmark('b'), 'two')
      assert.equal(await again.moveBookmark('b', 'one', 'three'), false)
      assert.equal(await again.moveBookmark('b', 'two', 'three'), true)
    },
  },
  {
    promise: 20,
    name: 'of many moves from the same place exactly one succeeds',
    async run({ journal }) {
      let from: string | undefined
      for (let round = 0; round < 4; round++) {
        const targets = Array.from({ length: 8 }, (_, index) => `${round} ${index}`)
        const moved = await Promise.all(targets.map((to) => journal.moveBookmark('b', from, to)))
        assert.equal(moved.filter((isMoved) => isMoved).length, 1)
        const to = targets[moved.indexOf(true)]
        assert.equal(await journal.bookmark('b'), to)
        from = to
      }
    },
  },
  {
    promise: 20,
    name: 'whatever the names and the texts, two bookmarks share nothing',
    async run({ journal, reopen }) {
      const names = NAMES.map(({ chart, id }) => `${chart} ${id}`)
      for (const name of names) assert.equal(await journal.moveBookmark(name, undefined, `at ${name}`), true)
      const check = async (now: Journal): Promise<void> => {
        for (const name of names) assert.equal(await now.bookmark(name), `at ${name}`)
        for (const name of ['toString', `${names[0]} `]) assert.equal(await now.bookmark(name), undefined)
      }
      await check(journal)
      for (const name of names) assert.equal(await journal.moveBookmark(name, `at ${name}`, `at ${name}`), true)
      if (reopen !== undefined) await check(await reopen())
    },
  },
]
