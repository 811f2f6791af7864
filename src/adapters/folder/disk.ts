import { promises as fs, statSync } from 'node:fs'

/** A file that only its creator writes. */
export interface DiskFile {
  /** Writes all of it at `position`, or rejects. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Resolves when what was written, and the file's size, would survive a loss of power. */
  datasync(): Promise<void>
  truncate(size: number): Promise<void>
  /** Sets the change time to the file system's now. */
  touch(): Promise<void>
  close(): Promise<void>
}

/** What writers of files do to a disk: small, so that tests can make every part of it fail. */
export interface Disk {
  /** Creates a file, or rejects with `EEXIST`. */
  create(path: string): Promise<DiskFile>
  /** Opens a file that is there, or rejects with `ENOENT`. */
  open(path: string): Promise<DiskFile>
  /** Gives a file another name, in place of what had that name. */
  rename(from: string, to: string): Promise<void>
  /** Resolves also when there is no such file. */
  remove(path: string): Promise<void>
  /** A new name is durable only when its folder is. */
  syncFolder(path: string): Promise<void>
  /** Asks the file system, not a cache. Synchronous: it stands between every write and its acknowledgement. */
  exists(path: string): boolean
}

/** The disk of this machine. */
export const realDisk: Disk = {
  create: async (path) => new RealFile(await fs.open(path, 'wx', 0o600)),
  open: async (path) => new RealFile(await fs.open(path, 'r+')),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  async syncFolder(path) {
    const handle = await fs.open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
}

class RealFile implements DiskFile {
  readonly #handle: fs.FileHandle

  constructor(handle: fs.FileHandle) {
    this.#handle = handle
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }

  datasync(): Promise<void> {
    return this.#handle.datasync()
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  touch(): Promise<void> {
    const now = new Date()
    return this.#handle.utimes(now, now)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** What to call a failure: the system's code for it where there is one. */
export function causeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : String(error)
}
