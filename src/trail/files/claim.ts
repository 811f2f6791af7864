import { promises as fs } from 'node:fs'
import {
  type Disk,
  type DiskFile,
  decideTakeover,
  type Found,
  isAlive,
  type Owner,
  silence,
  thisOwner,
} from '../../adapters/folder/index.ts'
import { PhasegateError } from '../../base/index.ts'
import { listWriters, writerName } from './segment.ts'

/** For how long a claim may say nothing before it is taken for one whose maker died over it. */
const BIRTH_MS = 1_000
const RELEASED = 'released\n'
const FASTER = 'a process that was faster'

/** The right to write in a folder, which one at a time has. It is a numbered file; the newest is the one that counts. */
export class Claim {
  /** Nobody can still be writing what was there before. Otherwise a writer that only sleeps may: its files are left to it. */
  readonly alone: boolean
  readonly #folder: string
  readonly #disk: Disk
  readonly #file: DiskFile
  readonly #number: number
  readonly #size: number

  private constructor(place: Place, made: { readonly file: DiskFile; readonly size: number }, alone: boolean) {
    this.#folder = place.folder
    this.#disk = place.disk
    this.#number = place.number
    this.#file = made.file
    this.#size = made.size
    this.alone = alone
  }

  /** @throws SINK_OWNED by the process that has it */
  static async take(folder: string, disk: Disk, ttlMs: number): Promise<Claim> {
    const newest = (await listWriters(folder)).at(-1)
    const alone = newest === undefined || (await mayTake(folder, `${folder}/${writerName(newest)}`)) !== 'silent'
    const place = { folder, disk, number: (newest ?? 0) + 1 }
    const claim = new Claim(place, await make(place, ttlMs), alone)
    if ((await listWriters(folder)).at(-1) !== place.number) {
      await claim.#file.close()
      await fs.rm(claim.#path(0), { force: true })
      throw owned(folder, FASTER)
    }
    await claim.#removeFormer()
    return claim
  }

  /** As the disk says now: it stands between every write and its acknowledgement. */
  isLost(): boolean {
    return !this.#disk.exists(this.#path(0)) || this.#disk.exists(this.#path(1))
  }

  /** A sign of life, for those who cannot see the process. */
  async touch(): Promise<void> {
    await this.#file.touch().catch(() => undefined)
  }

  async release(): Promise<void> {
    if (!this.isLost()) await this.#file.write(Buffer.from(RELEASED), this.#size).catch(() => undefined)
    await this.#file.close()
  }

  /** Lets go of a claim that another has. */
  async abandon(): Promise<void> {
    await this.#file.close()
  }

  /** Oldest first: of two that are left the older would take the younger for its own. */
  async #removeFormer(): Promise<void> {
    for (const number of await listWriters(this.#folder)) {
      if (number < this.#number) await fs.rm(`${this.#folder}/${writerName(number)}`, { force: true })
    }
  }

  #path(after: number): string {
    return `${this.#folder}/${writerName(this.#number + after)}`
  }
}

interface Place {
  readonly folder: string
  readonly disk: Disk
  readonly number: number
}

async function make({ folder, disk, number }: Place, ttlMs: number): Promise<{ file: DiskFile; size: number }> {
  const path = `${folder}/${writerName(number)}`
  const file = await disk.create(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? owned(folder, FASTER) : error
  })
  try {
    const text = Buffer.from(`${JSON.stringify(thisOwner(ttlMs))}\n`)
    await file.write(text, 0)
    return { file, size: text.length }
  } catch (error) {
    await file.close()
    await fs.rm(path, { force: true })
    throw error
  }
}

/** Why it may be taken. @throws SINK_OWNED when it may not */
async function mayTake(folder: string, path: string): Promise<'released' | 'dead' | 'silent'> {
  const verdict = decideTakeover(await look(folder, path), BIRTH_MS)
  if (verdict.type === 'owned') throw owned(folder, verdict.by)
  return verdict.because
}

async function look(folder: string, path: string): Promise<Found> {
  const text = await fs.readFile(path, 'utf8').catch(() => '')
  const owner = ownerOf(text)
  const silentMs = await silence(folder, path)
  return { owner, isReleased: text.endsWith(`\n${RELEASED}`), isAlive: owner && isAlive(owner), silentMs }
}

function ownerOf(text: string): Owner | undefined {
  try {
    return JSON.parse(text.slice(0, text.indexOf('\n'))) as Owner
  } catch {
    return undefined
  }
}

/** What is thrown to who may not write. */
export function owned(folder: string, owner: string): PhasegateError<'SINK_OWNED'> {
  return new PhasegateError('SINK_OWNED', `${folder} is written by ${owner}`, { folder, owner })
}
