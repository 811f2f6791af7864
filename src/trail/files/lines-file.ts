import type { DiskFile } from '../../adapters/folder/index.ts'

/**
 * A file of lines that only grows. What could not be written whole is taken back before anything else is written, so
 * that nothing half-written ever stands in the middle.
 */
export class LinesFile {
  readonly #file: DiskFile
  #size: number
  /** Bytes beyond `size` may be there. */
  #isTorn: boolean

  /** `size` is where whole lines end; what is beyond is cut with the first write. */
  constructor(file: DiskFile, size: number, isTorn: boolean) {
    this.#file = file
    this.#size = size
    this.#isTorn = isTorn
  }

  get size(): number {
    return this.#size
  }

  /** When it has resolved the lines survive a loss of power; when it has rejected, they are not there to stay. */
  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines)
    if (this.#isTorn) await this.#mend()
    try {
      await this.#file.write(bytes, this.#size)
      await this.#file.datasync()
    } catch (error) {
      this.#isTorn = true
      await this.#mend().catch(() => undefined)
      throw error
    }
    this.#size += bytes.length
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #mend(): Promise<void> {
    await this.#file.truncate(this.#size)
    await this.#file.datasync()
    this.#isTorn = false
  }
}
