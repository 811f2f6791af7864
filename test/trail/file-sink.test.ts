import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { type FileSinkOptions, fileSink, readFileSink, readFileSinkStart } from 'phasegate/audit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { thisOwner } from '../../src/adapters/folder/index.ts'
import type { AuditEntry } from '../../src/ports/index.ts'
import { all } from '../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { createFileSink } from '../../src/trail/files/sink.ts'
import { faultyDisk } from '../adapters/file/faulty-disk.ts'
import { newFolder } from '../adapters/file/folder.ts'
import { chainOf } from './entries.ts'

const segments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('audit-'))
    .sort()
const read = (folder: string): Promise<AuditEntry[]> => all(readFileSink(folder))

/** A sink that is closed in the end. */
function sinkIn(folder: string, options: FileSinkOptions = {}, disk = faultyDisk()) {
  const sink = createFileSink(folder, options, disk)
  onTestFinished(() => sink.close())
  return { sink, disk }
}

describe('what a file sink has taken', () => {
  test('comes back byte by byte, in order, one entry a line', async () => {
    const folder = `${newFolder()}/made/for/it`
    const { sink } = sinkIn(folder)
    const entries = chainOf('ä/"\n', 5)
    await sink.write(entries.slice(0, 2))
    await sink.write(entries.slice(2))
    expect(await read(folder)).toEqual(entries)
    const text = readFileSync(`${folder}/audit-000001.jsonl`, 'utf8')
    expect(text.split('\n')).toHaveLength(6)
    expect(Object.keys(JSON.parse(text.split('\n')[0] ?? ''))).toEqual(['log', 'n', 'header', 'payload', 'hash'])
  })

  test('is on disk, and so is the name of its file, before it is acknowledged', async () => {
    const { sink, disk } = sinkIn(newFolder())
    const entries = chainOf('a', 3)
    await sink.write(entries.slice(0, 1))
    expect(disk.asked.indexOf('syncFolder')).toBeGreaterThan(disk.asked.lastIndexOf('create'))
    expect(disk.asked.lastIndexOf('datasync')).toBeGreaterThan(disk.asked.lastIndexOf('write'))
    const before = disk.count('datasync')
    await sink.write(entries.slice(1))
    expect(disk.count('datasync')).toBe(before + 1)
  })

  test('goes on in the same file after a restart, and in the next when it is full', async () => {
    const folder = newFolder()
    const entries = chainOf('a', 9)
    for (let n = 0; n < 9; n += 3) {
      const sink = fileSink(folder, { maxBytes: 3_000 })
      for (const entry of entries.slice(n, n + 3)) await sink.write([entry])
      await sink.close()
    }
    expect(segments(folder)).toEqual(['audit-000001.jsonl', 'audit-000002.jsonl'])
    expect(statSync(`${folder}/audit-000001.jsonl`).size).toBeLessThanOrEqual(3_000)
    expect(await read(folder)).toEqual(entries)
  })

  test('is put into another file when the last was begun too long ago', async () => {
    const folder = newFolder()
    const clock = virtualClock()
    const { sink } = sinkIn(folder, { maxAge: '1h', clock })
    const entries = chainOf('a', 3)
    await sink.write(entries.slice(0, 1))
    await clock.advance(3_600_000)
    await sink.write(entries.slice(1, 2))
    expect(segments(folder)).toHaveLength(1)
    await clock.advance(1)
    await sink.write(entries.slice(2))
    expect(segments(folder)).toHaveLength(2)
    expect(await read(folder)).toEqual(entries)
  })

  test('is not written again when the same comes after a crash, unless it is not the same', async () => {
    const folder = newFolder()
    const entries = chainOf('a', 4)
    const first = fileSink(folder)
    await first.write(entries.slice(0, 3))
    await first.close()
    const { sink } = sinkIn(folder)
    const [, second] = entries
    const forged = { ...(second as AuditEntry), hash: 'f'.repeat(64) }
    await sink.write([...entries.slice(1, 3), forged])
    await sink.write(entries.slice(2))
    expect(await read(folder)).toEqual([...entries.slice(0, 3), forged, entries[3]])
  })
})

describe('a torn line', () => {
  test('at the end of a file is not given to readers, and is cut before anything is written behind it', async () => {
    const folder = newFolder()
    const entries = chainOf('a', 3)
    const first = fileSink(folder)
    await first.write(entries.slice(0, 2))
    await first.close()
    const path = `${folder}/audit-000001.jsonl`
    truncateSync(path, statSync(path).size - 10)
    expect(await read(folder)).toEqual(entries.slice(0, 1))
    const { sink } = sinkIn(folder)
    await sink.write(entries.slice(1))
    expect(await read(folder)).toEqual(entries)
  })

  test('that is longer than what is written next leaves nothing behind it', async () => {
    const folder = newFolder()
    const entries = chainOf('a', 2)
    const first = fileSink(folder)
    await first.write(entries.slice(0, 1))
    await first.close()
    appendFileSync(`${folder}/audit-000001.jsonl`, 'x'.repeat(10_000))
    const { sink } = sinkIn(folder)
    await sink.write(entries.slice(1))
    expect(await read(folder)).toEqual(entries)
    expect(readFileSync(`${folder}/audit-000001.jsonl`, 'utf8')).not.toContain('xxx')
  })

  test('that is all there is makes no difference', async () => {
    const folder = newFolder()
    writeFileSync(`${folder}/audit-000001.jsonl`, `{"log":"${'x'.repeat(2_000_000)}`)
    const { sink } = sinkIn(folder)
    const entries = chainOf('a', 1)
    await sink.write(entries)
    expect(await read(folder)).toEqual(entries)
  })

  test('in the middle is found by the reader, by file and line', async () => {
    const folder = newFolder()
    const { sink } = sinkIn(folder)
    await sink.write(chainOf('a', 1))
    const path = `${folder}/audit-000001.jsonl`
    appendFileSync(path, '{"log":"a"\n')
    await expect(read(folder)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', facts: { file: path, line: 2 } })
  })
})

describe('a disk that fails', () => {
  const refused = (cause: string) =>
    expect.objectContaining({ code: 'SINK_FAILED', facts: expect.objectContaining({ cause }) })

  test('in the middle of a line leaves nothing of it, and what comes again is taken', async () => {
    const folder = newFolder()
    const { sink, disk } = sinkIn(folder)
    const entries = chainOf('a', 4)
    await sink.write(entries.slice(0, 2))
    const size = statSync(`${folder}/audit-000001.jsonl`).size
    disk.space = 100
    await expect(sink.write(entries.slice(2))).rejects.toEqual(refused('ENOSPC'))
    expect(statSync(`${folder}/audit-000001.jsonl`).size).toBe(size)
    disk.space = Number.POSITIVE_INFINITY
    await sink.write(entries.slice(2))
    expect(await read(folder)).toEqual(entries)
  })

  test('and cannot take back what it half wrote gets nothing else until it can', async () => {
    const folder = newFolder()
    const { sink, disk } = sinkIn(folder)
    const entries = chainOf('a', 3)
    await sink.write(entries.slice(0, 1))
    disk.space = 100
    disk.fail('truncate', 'EIO', 2)
    await expect(sink.write(entries.slice(1))).rejects.toEqual(refused('ENOSPC'))
    disk.space = Number.POSITIVE_INFINITY
    await expect(sink.write(entries.slice(1))).rejects.toEqual(refused('EIO'))
    expect(await read(folder)).toEqual(entries.slice(0, 1))
    await sink.write(entries.slice(1))
    expect(await read(folder)).toEqual(entries)
  })

  test('at the sync has acknowledged nothing, and keeps nothing of it', async () => {
    const folder = newFolder()
    const { sink, disk } = sinkIn(folder)
    const entries = chainOf('a', 3)
    await sink.write(entries.slice(0, 1))
    disk.fail('datasync', 'EIO')
    await expect(sink.write(entries.slice(1))).rejects.toEqual(refused('EIO'))
    expect(await read(folder)).toEqual(entries.slice(0, 1))
    await sink.write(entries.slice(1))
    expect(await read(folder)).toEqual(entries)
  })

  test.each(['create', 'syncFolder'] as const)(
    'at %s is asked again, and makes no heap of files',
    async (operation) => {
      const folder = newFolder()
      const { sink, disk } = sinkIn(folder, { maxBytes: 1_000 })
      const entries = chainOf('a', 6)
      await sink.write(entries.slice(0, 2))
      disk.fail(operation, 'EIO', 5)
      for (let again = 0; again < 5; again++) await expect(sink.write(entries.slice(2))).rejects.toEqual(refused('EIO'))
      await sink.write(entries.slice(2))
      expect(segments(folder)).toHaveLength(2)
      expect(await read(folder)).toEqual(entries)
    },
  )

  test('at the claim leaves none behind', async () => {
    const folder = newFolder()
    const { sink, disk } = sinkIn(folder)
    disk.fail('write', 'ENOSPC')
    await expect(sink.write(chainOf('a', 1))).rejects.toEqual(refused('ENOSPC'))
    expect(readdirSync(folder)).toEqual([])
    await sink.write(chainOf('a', 1))
    expect(await read(folder)).toHaveLength(1)
  })
})

describe('one writer', () => {
  const ownedBy = (owner: string) =>
    expect.objectContaining({
      code: 'SINK_OWNED',
      facts: expect.objectContaining({ owner: expect.stringContaining(owner) }),
    })

  test('keeps out a second, which is told by whom, until it closes', async () => {
    const folder = newFolder()
    const first = fileSink(folder)
    const { sink: second } = sinkIn(folder)
    const entries = chainOf('a', 2)
    await first.write(entries.slice(0, 1))
    await expect(second.write(entries.slice(1))).rejects.toEqual(ownedBy(`process ${process.pid} on `))
    await first.close()
    await expect(first.write(entries.slice(1))).rejects.toMatchObject({
      code: 'SINK_FAILED',
      facts: { cause: 'it was closed' },
    })
    await second.write(entries.slice(1))
    expect(await read(folder)).toEqual(entries)
  })

  test('that has a successor acknowledges nothing any more, and its late lines do no harm', async () => {
    const folder = newFolder()
    const { sink: sleeper, disk } = sinkIn(folder)
    const entries = chainOf('a', 6)
    await sleeper.write(entries.slice(0, 2))
    // It is taken for gone, while it is just about to write: as one that was stopped in another container.
    const { sink: successor } = sinkIn(folder)
    disk.before('datasync', () => {
      writeFileSync(`${folder}/writer-000001`, `${JSON.stringify({ ...thisOwner(-1), host: 'elsewhere' })}\n`)
    })
    const late = sleeper.write(entries.slice(2, 4))
    await late
    await successor.write(entries.slice(4))
    await expect(sleeper.write(entries.slice(4))).rejects.toEqual(ownedBy('took it over'))
    await expect(sleeper.write(entries.slice(4))).rejects.toEqual(ownedBy(`process ${process.pid} on `))
    expect(segments(folder)).toHaveLength(2)
    expect(await read(folder)).toEqual(entries)
  })

  test('that has slept through two successors, of which the first left nothing behind, finds out as well', async () => {
    const folder = newFolder()
    const { sink: sleeper } = sinkIn(folder)
    await sleeper.write(chainOf('a', 1))
    writeFileSync(`${folder}/writer-000001`, `${JSON.stringify({ ...thisOwner(-1), host: 'elsewhere' })}\n`)
    const first = fileSink(folder)
    await first.write(chainOf('b', 1))
    await first.close()
    const { sink: second } = sinkIn(folder)
    await second.write(chainOf('c', 1))
    expect(readdirSync(folder).filter((name) => name.startsWith('writer-'))).toEqual(['writer-000003'])
    await expect(sleeper.write(chainOf('a', 2).slice(1))).rejects.toEqual(ownedBy('took it over'))
  })

  test('that finds its successor after the write, but before the acknowledgement, rejects', async () => {
    const folder = newFolder()
    const { sink, disk } = sinkIn(folder)
    await sink.write(chainOf('a', 1))
    disk.before('datasync', () => writeFileSync(`${folder}/writer-000002`, 'x'))
    await expect(sink.write(chainOf('a', 2).slice(1))).rejects.toEqual(ownedBy('took it over'))
  })

  test.each([
    ['has died', 'goes on in the file of', { pid: spawnSync('true').pid, host: hostname() }, 1],
    ['is silent for longer than it may', 'leaves its file to', { ttlMs: -1 }, 2],
    ['is elsewhere and silent', 'leaves its file to', { ttlMs: -1, host: 'elsewhere' }, 2],
  ])('that %s has a successor, which %s it', async (_fate, _does, changes, files) => {
    const folder = newFolder()
    const entries = chainOf('a', 2)
    const first = fileSink(folder)
    onTestFinished(() => first.close())
    await first.write(entries.slice(0, 1))
    writeFileSync(`${folder}/writer-000001`, `${JSON.stringify({ ...thisOwner(15_000), ...changes })}\n`)
    const { sink } = sinkIn(folder)
    await sink.write(entries.slice(1))
    expect(segments(folder)).toHaveLength(files)
    expect(await read(folder)).toEqual(entries)
  })

  test('that is elsewhere, and not silent, keeps the folder; so does one that is being born', async () => {
    const folder = newFolder()
    const { sink } = sinkIn(folder)
    writeFileSync(`${folder}/writer-000007`, `${JSON.stringify({ ...thisOwner(15_000), host: 'elsewhere', pid: 7 })}\n`)
    await expect(sink.write(chainOf('a', 1))).rejects.toEqual(ownedBy('process 7 on elsewhere'))
    writeFileSync(`${folder}/writer-000008`, '')
    await expect(sink.write(chainOf('a', 1))).rejects.toEqual(ownedBy('a process that is just starting'))
  })
})

describe('keep', () => {
  /** Three files of two entries each, the first two of them long unwritten. */
  async function aged(folder: string) {
    const entries = [...chainOf('a', 4), ...chainOf('b', 2)]
    const sink = fileSink(folder, { maxBytes: 1 })
    for (let n = 0; n < 6; n += 2) await sink.write(entries.slice(n, n + 2))
    await sink.close()
    for (const number of [1, 2]) utimesSync(`${folder}/audit-00000${number}.jsonl`, 1_000, 1_000)
    return entries
  }

  test('removes whole old files, and says where the logs go on', async () => {
    const folder = newFolder()
    const entries = await aged(folder)
    const { sink } = sinkIn(folder, { maxBytes: 1, keep: '30d' })
    const more = chainOf('b', 3).slice(2)
    await sink.write(more)
    expect(segments(folder)).toEqual(['audit-000003.jsonl', 'audit-000004.jsonl'])
    expect(await read(folder)).toEqual([...entries.slice(4), ...more])
    const { log, n, hash } = entries[3] as AuditEntry
    expect(await readFileSinkStart(folder)).toEqual([{ log, n, hash }])
  })

  test('removes nothing before where it goes on is on disk; what a crash leaves over is not read, and removed later', async () => {
    const folder = newFolder()
    const entries = await aged(folder)
    writeFileSync(`${folder}/start.jsonl`, '{"segment":2}\n{"log":"sample/a","n":2,"hash":"h"}\n')
    expect(await read(folder)).toEqual(entries.slice(2))
    const { sink } = sinkIn(folder, { maxBytes: 1, keep: '30d' })
    await sink.write(chainOf('c', 1))
    expect(segments(folder)).toEqual(['audit-000003.jsonl', 'audit-000004.jsonl'])
  })

  test('is not misled by what has come again', async () => {
    const folder = newFolder()
    const entries = chainOf('a', 3)
    const first = fileSink(folder, { maxBytes: 1 })
    for (const again of [entries, entries.slice(0, 2), entries.slice(2)]) await first.write(again)
    await first.close()
    for (const number of [1, 2]) utimesSync(`${folder}/audit-00000${number}.jsonl`, 1_000, 1_000)
    const { sink } = sinkIn(folder, { maxBytes: 1, keep: '30d' })
    await sink.write(chainOf('b', 1))
    expect(await readFileSinkStart(folder)).toMatchObject([{ log: 'sample/a', n: 3 }])
  })

  test('removes no file that cannot be read, and says so', async () => {
    const folder = newFolder()
    await aged(folder)
    appendFileSync(`${folder}/audit-000001.jsonl`, 'nonsense\n')
    utimesSync(`${folder}/audit-000001.jsonl`, 1_000, 1_000)
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const { sink } = sinkIn(folder, { maxBytes: 1, keep: '30d' })
    await sink.write(chainOf('c', 1))
    expect(segments(folder)).toHaveLength(4)
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/old files stay.*line 3/), 'PhasegateWarning')
  })

  test('without it nothing is removed, and everything begins at the beginning', async () => {
    const folder = newFolder()
    await aged(folder)
    const { sink } = sinkIn(folder, { maxBytes: 1 })
    await sink.write(chainOf('c', 1))
    expect(segments(folder)).toHaveLength(4)
    expect(await readFileSinkStart(folder)).toEqual([])
  })
})

test.each([
  ['', {}],
  ['x', { maxBytes: 0 }],
  ['x', { maxAge: 'soon' }],
  ['x', { keep: 0 }],
  ['x', { size: 1 }],
])('options that cannot be are refused: %j %j', (folder, options) => {
  expect(() => fileSink(folder, options as FileSinkOptions)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  )
})

test('a folder that cannot be made is the failure of the sink', async () => {
  const folder = newFolder()
  mkdirSync(`${folder}/x`)
  writeFileSync(`${folder}/x/file`, '')
  await expect(fileSink(`${folder}/x/file`).write(chainOf('a', 1))).rejects.toMatchObject({ code: 'SINK_FAILED' })
})
