import { type Disk, type DiskFile, realDisk } from '../../../src/adapters/folder/index.ts'

type Operation =
  | 'create'
  | 'open'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'exists'
  | 'syncFolder'
  | 'touch'
  | 'rename'
  | 'remove'

/** The real disk, which counts what is asked of it, and fails where a test wants it to. */
export interface FaultyDisk extends Disk {
  /** What was asked for, in order. */
  readonly asked: Operation[]
  /** Makes the next `times` of an operation fail with `code`, after `before`. */
  fail(operation: Operation, code: string, times?: number): void
  /** Every write from now on stores so many bytes of what it should, and then fails for want of space. */
  space: number
  /** Runs before the next operation of this kind. */
  before(operation: Operation, action: () => void): void
  count(operation: Operation): number
}

export function faultyDisk(): FaultyDisk {
  const asked: Operation[] = []
  const faults = new Map<Operation, { code: string; times: number }>()
  const actions = new Map<Operation, () => void>()

  const ask = (operation: Operation): void => {
    asked.push(operation)
    const action = actions.get(operation)
    actions.delete(operation)
    action?.()
    const fault = faults.get(operation)
    if (fault === undefined || fault.times-- <= 0) return
    throw failure(fault.code)
  }
  const wrap = (file: DiskFile): DiskFile => ({
    async write(bytes, position) {
      ask('write')
      if (bytes.length <= disk.space) return file.write(bytes, position)
      await file.write(bytes.subarray(0, disk.space), position)
      throw failure('ENOSPC')
    },
    datasync: async () => (ask('datasync'), file.datasync()),
    truncate: async (size) => (ask('truncate'), file.truncate(size)),
    touch: async () => (ask('touch'), file.touch()),
    close: () => file.close(),
  })
  const disk: FaultyDisk = {
    asked,
    space: Number.POSITIVE_INFINITY,
    fail: (operation, code, times = 1) => void faults.set(operation, { code, times }),
    before: (operation, action) => void actions.set(operation, action),
    count: (operation) => asked.filter((one) => one === operation).length,
    create: async (path) => (ask('create'), wrap(await realDisk.create(path))),
    open: async (path) => (ask('open'), wrap(await realDisk.open(path))),
    rename: async (from, to) => (ask('rename'), realDisk.rename(from, to)),
    remove: async (path) => (ask('remove'), realDisk.remove(path)),
    syncFolder: async (path) => (ask('syncFolder'), realDisk.syncFolder(path)),
    exists: (path) => (ask('exists'), realDisk.exists(path)),
  }
  return disk
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code })
}
