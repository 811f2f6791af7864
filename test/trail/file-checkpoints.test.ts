import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { type AuditCheckpoint, fileCheckpoints, readCheckpoints } from 'phasegate/audit'
import { expect, test } from 'vitest'
import { newFolder } from '../adapters/file/folder.ts'

const checkpoint = (seq: number): AuditCheckpoint => ({
  note: `example.com/x\n1\nroot\nseq ${seq}\n\n— example.com/x c2ln\n`,
  changed: [{ log: 'chart/a', n: seq, hash: 'h' }],
  complete: seq === 1,
})

async function all(path: string): Promise<AuditCheckpoint[]> {
  const found: AuditCheckpoint[] = []
  for await (const one of readCheckpoints(path)) found.push(one)
  return found
}

test('checkpoints come back as they were given, in order, also from another sink on the same file', async () => {
  const path = `${newFolder()}/checkpoints.jsonl`
  await fileCheckpoints(path).write(checkpoint(1))
  const later = fileCheckpoints(path)
  await Promise.all([later.write(checkpoint(2)), later.write(checkpoint(3))])
  expect(await all(path)).toEqual([checkpoint(1), checkpoint(2), checkpoint(3)])
})

test('a line that a crash has torn is not given, and cut before the next is written', async () => {
  const path = `${newFolder()}/checkpoints.jsonl`
  await fileCheckpoints(path).write(checkpoint(1))
  appendFileSync(path, '{"note":"half of')
  expect(await all(path)).toEqual([checkpoint(1)])
  await fileCheckpoints(path).write(checkpoint(2))
  expect(await all(path)).toEqual([checkpoint(1), checkpoint(2)])
  expect(readFileSync(path, 'utf8')).not.toContain('half of')
})

test('a file that holds nothing but a torn line is begun again', async () => {
  const path = `${newFolder()}/checkpoints.jsonl`
  writeFileSync(path, `{"note":"${'x'.repeat(100_000)}`)
  await fileCheckpoints(path).write(checkpoint(1))
  expect(await all(path)).toEqual([checkpoint(1)])
})

test('lines that are longer than what is looked at from behind are kept', async () => {
  const path = `${newFolder()}/checkpoints.jsonl`
  const long = { ...checkpoint(1), note: 'x'.repeat(200_000) }
  await fileCheckpoints(path).write(long)
  await fileCheckpoints(path).write(checkpoint(2))
  expect(await all(path)).toEqual([long, checkpoint(2)])
})

test.each([
  ['no JSON', '{"note"\n'],
  ['no note', '{"changed":[],"complete":true}\n'],
  ['no tips', '{"note":"n","changed":[{"log":"a","n":"1","hash":"h"}],"complete":true}\n'],
])('a line that is no checkpoint is refused by its number: %s', async (_name, line) => {
  const path = `${newFolder()}/checkpoints.jsonl`
  await fileCheckpoints(path).write(checkpoint(1))
  appendFileSync(path, line)
  await expect(all(path)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', facts: { line: 2 } })
})

test('a folder that is not there is the failure of the sink, by name', async () => {
  const path = `${newFolder()}/nowhere/checkpoints.jsonl`
  await expect(fileCheckpoints(path).write(checkpoint(1))).rejects.toMatchObject({
    code: 'SINK_FAILED',
    facts: { sink: path, cause: 'ENOENT' },
  })
})

test('a path must be one', () => {
  expect(() => fileCheckpoints('')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})
