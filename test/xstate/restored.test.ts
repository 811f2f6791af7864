import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileJournal } from 'phasegate/file'
import { expect, test } from 'vitest'
import { workerFile } from '../processes/bundle.ts'
import { temporaryFolder } from '../processes/start.ts'
import type { WhenFinished } from '../servers/index.ts'
import type { ParentOrders } from './parent-worker.ts'

function work(orders: ParentOrders, whenFinished: WhenFinished) {
  const child = fork(workerFile('parent'), [JSON.stringify(orders)], { execArgv: [] })
  whenFinished(async () => void child.kill('SIGKILL'))
  return child
}

test('a machine that is killed in its flip goes on in another process: one flip, one step key, one outcome', async ({
  onTestFinished,
}) => {
  const folder = temporaryFolder(onTestFinished)
  const first = work({ folder, role: 'first' }, onTestFinished)
  await once(first, 'message')
  first.kill('SIGKILL')
  await once(first, 'exit')

  const second = work({ folder, role: 'second' }, onTestFinished)
  const [end] = await once(second, 'message')
  await once(second, 'exit')
  expect(end).toEqual({ value: 'drained', outputs: { cordon: { by: 'second' } } })

  const effects = readFileSync(join(folder, 'effects'), 'utf8').trim().split('\n')
  expect(effects).toHaveLength(2)
  expect(new Set(effects).size).toBe(1)
  const journal = fileJournal(join(folder, 'journal'))
  const kinds: string[] = []
  for await (const { header } of journal.history({ chart: 'server', id: 'db-7' })) kinds.push(JSON.parse(header).kind)
  await journal.close()
  expect(kinds).toEqual(['requested', 'adopted', 'stepped', 'committed'])
})
