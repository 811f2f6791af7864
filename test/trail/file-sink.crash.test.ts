import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type FileSink, fileSink, readFileSink } from 'phasegate/audit'
import { expect, onTestFinished, test } from 'vitest'
import type { AuditEntry } from '../../src/ports/index.ts'
import { all } from '../../src/testing/contracts/journal-samples.ts'
import { newFolder } from '../adapters/file/folder.ts'
import { workerFile } from '../processes/bundle.ts'
import { chainOf, inOrder, upTo } from './entries.ts'
import type { Orders } from './sink-worker.ts'

const ENTRIES = chainOf('a', 10)

/** Lets a process write until it dies at what it does `die`-th; whether it has died. */
async function writeAndDie(orders: Orders): Promise<boolean> {
  const child = fork(workerFile('keeper'), [JSON.stringify(orders)], { execArgv: [], stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [code, signal] = await once(child, 'exit')
  expect([code, signal]).toEqual(signal === null ? [0, null] : [null, 'SIGKILL'])
  return signal === 'SIGKILL'
}

/** As the deliverer does: what was refused is tried again. A claim whose maker died over it is in the way for a second. */
async function insist(sink: FileSink, entries: readonly AuditEntry[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await sink.write(entries)
    } catch (error) {
      if (tries === 30) throw error
      await pause(100)
    }
  }
}

test('kill -9 at each thing that is done to the disk: nothing acknowledged is lost, nothing half-written stays', {
  timeout: 180_000,
}, async () => {
  let die = 1
  for (let isDead = true; isDead; die++) {
    const folder = newFolder()
    const files = { folder: `${folder}/sink`, entries: `${folder}/entries`, acknowledged: `${folder}/acknowledged` }
    writeFileSync(files.entries, ENTRIES.map((entry) => JSON.stringify(entry)).join('\n'))
    isDead = await writeAndDie({ ...files, die })
    const said = existsSync(files.acknowledged) ? readFileSync(files.acknowledged, 'utf8').trim().split('\n') : []
    const acknowledged = Number(said.at(-1) ?? 0)
    expect(acknowledged).toBe(isDead ? acknowledged : ENTRIES.length)
    const found = existsSync(files.folder) ? await all(readFileSink(files.folder)) : []
    expect(found).toEqual(ENTRIES.slice(0, found.length))
    expect(found.length).toBeGreaterThanOrEqual(acknowledged)

    const later = fileSink(files.folder, { maxBytes: 1_500 })
    await insist(later, ENTRIES.slice(acknowledged))
    await later.close()
    expect(inOrder(await all(readFileSink(files.folder)))).toEqual({ 'sample/a': upTo(ENTRIES.length) })
  }
  expect(die).toBeGreaterThan(25)
})

/** Mounts a file system of 256 KiB; false where that is not allowed. */
function mountSmall(folder: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder])
  if (status === 0) onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return status === 0
}

test('a disk that is really full: it rejects, keeps what it acknowledged, and goes on when there is space', async (context) => {
  const mounted = newFolder()
  if (!mountSmall(mounted)) return context.skip('mounting a small file system needs root and the right to mount')
  const folder = `${mounted}/sink`
  const sink = fileSink(folder, { maxBytes: 20_000 })
  onTestFinished(() => sink.close())
  const entries = chainOf('a', 400)
  writeFileSync(`${mounted}/ballast`, Buffer.alloc(100_000))
  let taken = 0
  const refusal = await (async () => {
    for (; ; taken += 7) await sink.write(entries.slice(taken, taken + 7))
  })().catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'SINK_FAILED', facts: { sink: folder, cause: 'ENOSPC' } })
  await expect(sink.write(entries.slice(taken))).rejects.toMatchObject({ facts: { cause: 'ENOSPC' } })
  expect(await all(readFileSink(folder))).toEqual(entries.slice(0, taken))
  rmSync(`${mounted}/ballast`)
  await sink.write(entries.slice(taken, taken + 50))
  expect(await all(readFileSink(folder))).toEqual(entries.slice(0, taken + 50))
})
