import { type Disk, type DiskFile, realDisk } from '../../../src/adapters/folder/index.ts'

/** The real disk, whose process dies by kill -9 at the `die`-th thing that is done to it: a write is cut in half. */
export function dyingDisk(die: number): Disk {
  let asked = 0

  async function dying<Result>(work: () => Promise<Result>, half?: () => Promise<unknown>): Promise<Result> {
    asked += 1
    if (asked !== die) return work()
    await half?.()
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => undefined)
  }

  const wrap = (file: DiskFile): DiskFile => ({
    write: (bytes, position) =>
      dying(
        () => file.write(bytes, position),
        () => file.write(bytes.subarray(0, bytes.length / 2), position),
      ),
    datasync: () => dying(() => file.datasync()),
    truncate: (size) => dying(() => file.truncate(size)),
    touch: () => dying(() => file.touch()),
    close: () => file.close(),
  })

  return {
    create: (path) => dying(async () => wrap(await realDisk.create(path))),
    open: (path) => dying(async () => wrap(await realDisk.open(path))),
    rename: (from, to) => dying(() => realDisk.rename(from, to)),
    remove: (path) => dying(() => realDisk.remove(path)),
    syncFolder: (path) => dying(() => realDisk.syncFolder(path)),
    exists: (path) => realDisk.exists(path),
  }
}
