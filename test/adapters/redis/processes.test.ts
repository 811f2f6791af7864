import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { workerFile } from '../../processes/bundle.ts'
import { describeWith } from '../../servers/index.ts'
import { newPrefix, until } from './stage.ts'
import type { Orders } from './worker.ts'

function start(orders: Orders, whenFinished: TestContext['onTestFinished']) {
  const child = fork(workerFile('holder'), [JSON.stringify(orders)], { execArgv: [] })
  whenFinished(() => void child.kill('SIGKILL'))
  return { child, exited: once(child, 'exit') }
}

interface Line {
  readonly is: 'in' | 'out'
  readonly epoch: number
  readonly pid: number
}

function read(ledger: string): readonly Line[] {
  if (!existsSync(ledger)) return []
  const lines = readFileSync(ledger, 'utf8').trim().split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
}

describeWith('redis', 'processes that share a lock on Redis', ({ url }) => {
  test('are never in it together, and no older token comes after a newer one, although one is killed in it', async ({
    onTestFinished,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'phasegate-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const orders = { url, prefix: newPrefix(), ledger: join(folder, 'ledger'), rounds: 25 }
    const doomed = start({ ...orders, stayIn: 3 }, onTestFinished)
    const others = [1, 2, 3].map(() => start(orders, onTestFinished))
    const linesOf = (pid: number | undefined) => read(orders.ledger).filter((line) => line.pid === pid)
    await until(() => linesOf(doomed.child.pid).length === 7)
    doomed.child.kill('SIGKILL')
    await Promise.all(others.map(({ exited }) => exited))

    const lines = read(orders.ledger)
    const turns = lines.filter(({ is }) => is === 'in')
    expect(turns).toHaveLength(3 * 25 + 4)
    expect(turns.map(({ epoch }) => epoch)).toEqual([...new Set(lines.map(({ epoch }) => epoch))].sort((a, b) => a - b))
    const whole = lines.filter(({ pid, epoch }) => pid !== doomed.child.pid || epoch !== linesOf(pid)[6]?.epoch)
    for (let at = 0; at < whole.length; at += 2) expect(whole[at + 1]).toEqual({ ...whole[at], is: 'out' })
  })
})
