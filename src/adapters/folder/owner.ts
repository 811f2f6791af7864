import { randomUUID } from 'node:crypto'
import { promises as fs, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who writes in a folder. `space` tells machines and containers apart, `started` one process from the next of its pid. */
export interface Owner {
  readonly instance: string
  readonly pid: number
  readonly started?: string | undefined
  readonly host: string
  readonly space: string
  readonly ttlMs: number
}

/** The owner of a folder, as somebody who wants it finds it. */
export interface Found {
  /** Undefined while it is being born, or when its owner died over that. */
  readonly owner: Owner | undefined
  readonly isReleased: boolean
  /** Undefined when it cannot be told from here. */
  readonly isAlive: boolean | undefined
  /** For how long it has not been touched, by the file system's clock. */
  readonly silentMs: number
}

export type Verdict =
  | { readonly type: 'take'; readonly because: 'released' | 'dead' | 'silent' }
  | { readonly type: 'owned'; readonly by: string }

/**
 * Whether a folder may be taken over. To take it from an owner that merely sleeps is safe, since it finds its successor
 * before it acknowledges anything; so a silence of its ttl is enough.
 */
export function decideTakeover(found: Found, ttlMs: number): Verdict {
  const { owner } = found
  if (found.isReleased) return { type: 'take', because: 'released' }
  if (found.isAlive === false) return { type: 'take', because: 'dead' }
  if (found.silentMs > (owner?.ttlMs ?? ttlMs)) return { type: 'take', because: 'silent' }
  return { type: 'owned', by: owner === undefined ? 'a process that is just starting' : nameOf(owner) }
}

/** An owner as messages show it. */
function nameOf(owner: Owner): string {
  return `process ${owner.pid} on ${owner.host}`
}

/** This process as an owner; every journal it opens is another one. */
export function thisOwner(ttlMs: number): Owner {
  return {
    instance: randomUUID(),
    pid: process.pid,
    started: startOf(process.pid)?.started,
    host: hostname(),
    space: thisSpace(),
    ttlMs,
  }
}

/** Whether the process of `owner` lives; undefined when it runs where this process cannot look. */
export function isAlive(owner: Owner): boolean | undefined {
  if (owner.host !== hostname() || owner.space !== thisSpace()) return undefined
  if (!canBeSignalled(owner.pid)) return false
  const found = startOf(owner.pid)
  if (found === undefined) return true
  return !found.isDefunct && (owner.started === undefined || owner.started === found.started)
}

/** For how long a file has not been touched, in ms. By change times, which the file system itself sets: no clock of any process has a say, and none can set them. */
export async function silence(folder: string, path: string): Promise<number> {
  const probe = `${folder}/probe-${randomUUID()}`
  await fs.writeFile(probe, '')
  try {
    return (await fs.stat(probe)).ctimeMs - (await fs.stat(path)).ctimeMs
  } finally {
    await fs.rm(probe, { force: true })
  }
}

/** A pid means something only within one boot of one machine and one pid namespace: containers share the first two. */
function thisSpace(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  return `${boot ?? ''} ${attempt(() => readlinkSync('/proc/self/ns/pid')) ?? ''}`.trim()
}

function canBeSignalled(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** When a process started, in ticks since boot; a pid that was given out again has another one. Linux only. */
function startOf(pid: number): { readonly started: string | undefined; readonly isDefunct: boolean } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat === undefined) return undefined
  // The name, in parentheses, may hold anything: fields are counted from behind it. The state is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { started: fields[22 - 3], isDefunct: fields[0] === 'Z' || fields[0] === 'X' }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
