import {
  type AuditCheckpoint,
  type AuditEntry,
  callbackCheckpoints,
  callbackSink,
  fileCheckpoints,
  fileSink,
  readCheckpoints,
  readFileSink,
} from 'phasegate/audit'
import {
  type AuditSinkHarness,
  auditSinkContract,
  type CheckpointSinkHarness,
  checkpointSinkContract,
} from 'phasegate/testing'
import { describe, onTestFinished, test } from 'vitest'
import { newFolder } from '../adapters/file/folder.ts'

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

function inFiles(maxBytes?: number): AuditSinkHarness {
  const folder = newFolder()
  let sink = fileSink(folder, { maxBytes })
  onTestFinished(() => sink.close())
  return {
    sink,
    kept: () => all(readFileSink(folder)),
    reopen: async () => {
      await sink.close()
      sink = fileSink(folder, { maxBytes })
      return sink
    },
  }
}

describe('the file sink keeps promise', () => {
  test.each(auditSinkContract)('$promise: $name', ({ run }) => run(inFiles()))
})

describe('the file sink, with a new file for almost every write, keeps promise', () => {
  test.each(auditSinkContract)('$promise: $name', ({ run }) => run(inFiles(1_000)))
})

describe('a sink that is a function keeps promise', () => {
  test.each(auditSinkContract)('$promise: $name', async ({ run }) => {
    const kept: AuditEntry[] = []
    const sink = callbackSink((entries) => kept.push(...entries))
    await run({ sink, kept: async () => kept, reopen: undefined })
  })
})

describe('the checkpoints in a file keep promise', () => {
  test.each(checkpointSinkContract)('$promise: $name', async ({ run }) => {
    const path = `${newFolder()}/checkpoints.jsonl`
    const open = async () => fileCheckpoints(path)
    const harness: CheckpointSinkHarness = {
      sink: await open(),
      kept: () => all(readCheckpoints(path)),
      reopen: open,
    }
    await run(harness)
  })
})

describe('checkpoints that go to a function keep promise', () => {
  test.each(checkpointSinkContract)('$promise: $name', async ({ run }) => {
    const kept: AuditCheckpoint[] = []
    const sink = callbackCheckpoints((checkpoint) => kept.push(checkpoint))
    await run({ sink, kept: async () => kept, reopen: undefined })
  })
})
