import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { fileJournal } from '../../../src/adapters/file/index.ts'
import { checkChain } from '../../../src/audit/index.ts'
import { all } from '../../../src/testing/contracts/journal-samples.ts'
import { workerFile } from '../../processes/bundle.ts'
import type { Orders } from './drop-worker.ts'
import { newFolder } from './folder.ts'
import { countIn, ONE, OTHER, SECRET, STORY } from './secret.ts'

const AT_ONCE = 5

/** Lets a process work until it dies at what it does `die`-th; whether it has died. */
async function workAndDie(orders: Orders): Promise<boolean> {
  const child = fork(workerFile('eraser'), [JSON.stringify(orders)], { execArgv: [], stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [code, signal] = await once(child, 'exit')
  expect([code, signal]).toEqual(signal === null ? [0, null] : [null, 'SIGKILL'])
  return signal === 'SIGKILL'
}

/** The last number that was acknowledged of a kind. */
function acknowledged(file: string, what: string): number {
  const said = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  return Number(said.findLast((line) => line.startsWith(what))?.split(' ')[1] ?? 0)
}

/** What is left when a process has died at what it did `die`-th; whether it has. */
async function afterDeathAt(die: number, segmentBytes: number): Promise<boolean> {
  const root = newFolder()
  const orders = { folder: `${root}/journal`, acknowledged: `${root}/acknowledged`, segmentBytes, die }
  const isDead = await workAndDie(orders)
  const appends = acknowledged(orders.acknowledged, 'append')
  const bookmark = acknowledged(orders.acknowledged, 'bookmark')
  expect(appends).toBe(isDead ? appends : STORY.length)

  const journal = fileJournal(orders.folder, { wait: '5s', ttl: 300 })
  onTestFinished(() => journal.close())
  const one = await all(journal.history(ONE))
  const other = await all(journal.history(OTHER))
  expect(one.length + other.length).toBeGreaterThanOrEqual(appends)
  expect(await checkChain(ONE, one)).toBeUndefined()
  const isDropped = one.length > 5
  expect(one.slice(0, 4).map(({ payload }) => payload !== '')).toEqual(one.slice(0, 4).map(() => !isDropped))
  if (isDropped) expect(countIn(orders.folder, SECRET)).toBe(0)
  else if (one.length > 0) expect(countIn(orders.folder, SECRET)).toBeGreaterThan(0)
  const settled = await journal.settled(ONE, 'first')
  if (one.length > 3) expect(settled?.outcome).toMatchObject({ failure: { message: isDropped ? '' : SECRET } })
  expect([String(bookmark || undefined), String(bookmark + 1)]).toContain(String(await journal.bookmark('audit')))
  const { entries } = await journal.feed(undefined, 100)
  expect(entries.filter(({ subject }) => subject.id === ONE.id).map(({ sealed }) => sealed)).toEqual(one)
  expect(readdirSync(orders.folder).filter((name) => name.includes('.new-'))).toEqual([])

  // It goes on where it stopped: what is repeated is known.
  for (const [subject, append] of STORY.slice(appends)) await journal.append(subject, append)
  expect(countIn(orders.folder, SECRET)).toBe(0)
  await journal.close()
  return isDead
}

test.each([64 * 1024 * 1024, 2_500])(
  'kill -9 at each thing that is done to the disk: the journal says the same, and what was dropped is gone (%i bytes a segment)',
  async (segmentBytes) => {
    let die = 1
    for (let areDead = true; areDead; die += AT_ONCE) {
      const deaths = Array.from({ length: AT_ONCE }, (_, index) => afterDeathAt(die + index, segmentBytes))
      areDead = (await Promise.all(deaths)).every((isDead) => isDead)
    }
    expect(die).toBeGreaterThan(35)
  },
  90_000,
)
