import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { fileJournal } from '../../../src/adapters/file/index.ts'
import { all, appendOf, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { newFolder } from './folder.ts'

/** Mounts a file system of 256 KiB; false where that is not allowed. */
function mountSmall(folder: string): boolean {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder])
  if (status === 0) onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return status === 0
}

test('a disk that is really full: clear refusals, nothing acknowledged lost, and it goes on when there is space', async (context) => {
  const mounted = newFolder()
  if (!mountSmall(mounted)) return context.skip('mounting a small file system needs root and the right to mount')
  const folder = `${mounted}/journal`
  const journal = fileJournal(folder)
  await journal.open()
  writeFileSync(`${mounted}/ballast`, Buffer.alloc(100_000))
  let stored = 0
  const refusal = await (async () => {
    for (; ; stored++) await journal.append(SUBJECT, appendOf(stored))
  })().catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'JOURNAL_FAILED', facts: { operation: 'append', cause: 'ENOSPC' } })
  expect((await journal.read(SUBJECT))?.version).toBe(stored)
  await expect(journal.append(SUBJECT, appendOf(stored))).rejects.toMatchObject({ facts: { cause: 'ENOSPC' } })
  rmSync(`${mounted}/ballast`)
  await journal.append(SUBJECT, appendOf(stored))
  await journal.close()
  const later = fileJournal(folder)
  expect((await all(later.history(SUBJECT))).length).toBe(stored + 1)
  await later.close()
})
