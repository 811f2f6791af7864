import { promises as fs } from 'node:fs'
import type { Disk, DiskFile } from '../folder/index.ts'

// A file is replaced as a whole: written under another name, synced, renamed. A name of that kind belongs to one owner of
// the folder, and the next one removes it when it takes over: whoever was paused before its rename can rename no more.

const TEMPORARY = /^(?:seg-\d{6,}|bookmark-[0-9a-f]{64})\.new-\d+$/

export interface Replacement {
  readonly disk: Disk
  readonly folder: string
  readonly name: string
  /** The number of the segment by which its owner claimed the folder. */
  readonly owner: number
  readonly isFenced: () => Promise<boolean>
  write(file: DiskFile): Promise<void>
}

/** Replaces a file; it is the old one or the new one at every moment. False when the folder has a newer owner. */
export async function replaceFile(replacement: Replacement): Promise<boolean> {
  const { disk, folder, name, owner, isFenced } = replacement
  const temporary = `${folder}/${name}.new-${owner}`
  await disk.remove(temporary)
  const file = await disk.create(temporary)
  try {
    await replacement.write(file)
    await file.datasync()
  } finally {
    await file.close()
  }
  if (await isFenced()) {
    await disk.remove(temporary)
    return false
  }
  await disk.rename(temporary, `${folder}/${name}`)
  await disk.syncFolder(folder)
  return true
}

/** Removes what former owners have begun and cannot end any more. */
export async function removeTemporaries(disk: Disk, folder: string): Promise<void> {
  const names = await fs.readdir(folder)
  for (const name of names) if (TEMPORARY.test(name)) await disk.remove(`${folder}/${name}`)
}
