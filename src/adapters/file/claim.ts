import { promises as fs } from 'node:fs'
import { PhasegateError, sleep } from '../../base/index.ts'
import { decideTakeover, type Found, isAlive, type Owner, silence, thisOwner } from '../folder/index.ts'
import { accountLine, ownerLine } from './line.ts'
import { Recovery } from './recover.ts'
import { removeTemporaries } from './replace.ts'
import { BEGINNING, endsReleased, listSegments, readSegment, segmentName } from './segment.ts'
import type { Settings } from './settings.ts'
import { type OpenSegment, Tail } from './tail.ts'

/** A folder this process owns, and all that it holds. */
export interface Claim {
  readonly recovery: Recovery
  readonly tail: Tail
}

const LONGEST_POLL_MS = 250

/** Makes this process the owner of a folder; `JOURNAL_OWNED` when another still is after `waitMs`. */
export async function claim(settings: Settings): Promise<Claim> {
  const { folder, clock, ttlMs, waitMs } = settings
  await fs.mkdir(folder, { recursive: true })
  const deadline = clock.monotonic() + waitMs
  for (;;) {
    const segments = await listSegments(folder)
    const by = await ownerInTheWay(folder, segments.at(-1), ttlMs)
    const claimed = by === undefined ? await tryClaim(settings, segments) : undefined
    if (claimed !== undefined) return claimed
    const leftMs = deadline - clock.monotonic()
    if (leftMs <= 0) throw owned(folder, by ?? 'a process that was faster')
    await sleep(clock, Math.min(leftMs, LONGEST_POLL_MS, ttlMs / 3))
  }
}

/**
 * The order is what makes it safe. All is read before the claim, so that a corrupted folder is left as it is. The new
 * segment is the claim: from then on a former owner acknowledges nothing. What it had acknowledged by then is on disk,
 * and read now; what it still writes lies beyond the account, which readers ignore.
 */
async function tryClaim(settings: Settings, segments: readonly number[]): Promise<Claim | undefined> {
  const { folder, disk } = settings
  const owner = thisOwner(settings.ttlMs)
  const recovery = new Recovery(folder, segments, settings.clock)
  await recovery.read()
  const segment = await createNext(settings, owner, segments.at(-1) ?? 0)
  if (segment === undefined) return undefined
  try {
    await removeTemporaries(disk, folder)
    await recovery.read()
    await giveAccount(folder, segment, recovery)
  } catch (error) {
    await segment.file.close()
    throw error
  }
  if (disk.exists(`${folder}/${segmentName(segment.number + 1)}`)) {
    await segment.file.close()
    return undefined
  }
  return { recovery, tail: new Tail({ settings, owner, segment, former: recovery.account }) }
}

async function createNext(settings: Settings, owner: Owner, newest: number): Promise<OpenSegment | undefined> {
  try {
    const file = await settings.disk.create(`${settings.folder}/${segmentName(newest + 1)}`)
    const text = Buffer.from(ownerLine(owner))
    await file.write(text, 0)
    await settings.disk.syncFolder(settings.folder)
    return { number: newest + 1, file, size: text.length }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

async function giveAccount(folder: string, segment: OpenSegment, recovery: Recovery): Promise<void> {
  const [last, bytes] = recovery.account.at(-1) ?? []
  const size = last === undefined ? 0 : (await fs.stat(`${folder}/${segmentName(last)}`)).size
  const text = Buffer.from(accountLine(recovery.account, size - (bytes ?? 0)))
  await segment.file.write(text, segment.size)
  await segment.file.datasync()
  segment.size += text.length
}

async function ownerInTheWay(folder: string, newest: number | undefined, ttlMs: number): Promise<string | undefined> {
  if (newest === undefined) return undefined
  const verdict = decideTakeover(await look(folder, `${folder}/${segmentName(newest)}`), ttlMs)
  return verdict.type === 'owned' ? verdict.by : undefined
}

async function look(folder: string, path: string): Promise<Found> {
  const owner = await readOwner(path)
  return {
    owner,
    isReleased: await endsReleased(path),
    isAlive: owner && isAlive(owner),
    silentMs: await silence(folder, path),
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  for await (const { value } of readSegment(path, BEGINNING)) return value.is === 'owner' ? value.owner : undefined
  return undefined
}

function owned(folder: string, owner: string): PhasegateError<'JOURNAL_OWNED'> {
  return new PhasegateError('JOURNAL_OWNED', `${folder} is in use by ${owner}`, { folder, owner })
}
