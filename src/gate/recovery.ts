import { isPhasegateError, type Stop } from '../base/index.ts'
import type { Clock } from '../ports/index.ts'
import { adoptFlip } from './adopt.ts'
import { outcomeOf, settle } from './answer.ts'
import { fire } from './ask.ts'
import type { Core, Desk } from './desk.ts'
import type { FlipOutcome, Recovery, Stranded } from './types.ts'
import { fitOf, strandedError } from './version.ts'

/** How many subjects are recovered at once. */
const AT_ONCE = 4
/** How many are taken up before it is asked again what there is. */
const CHUNK = 16
/** How many looks may be under way in the background. */
const MOST_LOOKS = 4

/** What recovery needs of the gate. */
export interface Recoverer {
  readonly core: Core
  /** A gate that is closing takes nothing up any more. */
  isOpen(): boolean
  desk(id: string): Desk
}

/** Takes over the flips of dead owners, and fires the timers that have run out. */
export async function recover(gate: Recoverer, limit: number): Promise<Recovery> {
  const { engine, chart } = gate.core
  const adopted: FlipOutcome[] = []
  const fired: Recovery['fired'][number][] = []
  const skipped: Recovery['skipped'][number][] = []
  const skipping = async (subject: string, work: () => Promise<void>): Promise<void> => {
    if (!gate.isOpen()) return
    try {
      await work()
    } catch (error) {
      if (!isPhasegateError(error)) throw error
      skipped.push({ subject, error })
    }
  }
  await inChunks(
    gate,
    limit,
    (most) => engine.journal.abandoned(chart.name, most),
    (id) =>
      skipping(id, async () => {
        const taken = await adoptFlip(gate.desk(id))
        if (taken !== undefined) adopted.push(outcomeOf(id, taken.flipId, taken.flip, await taken.ended))
      }),
  )
  await inChunks(
    gate,
    limit,
    (most) => engine.journal.due(chart.name, most),
    (id) =>
      skipping(id, async () => {
        fired.push(...(await fireDue(gate, gate.desk(id))))
      }),
  )
  return { adopted, fired, skipped }
}

async function fireDue(gate: Recoverer, desk: Desk): Promise<Recovery['fired']> {
  const head = await desk.head()
  const now = gate.core.engine.clock.now()
  const fired: Recovery['fired'][number][] = []
  for (const timer of head.timers.filter(({ at }) => at <= now)) {
    const { error } = settle(desk.id, await fire(desk, timer.flip))
    fired.push({ subject: desk.id, flip: timer.flip, error })
    if (error === undefined) break
  }
  return fired
}

/**
 * Works on up to `limit` of those that `ask` names, a few at a time, and asks again after each few: what others have done
 * meanwhile need not be looked at. Each is worked on once.
 */
async function inChunks(
  gate: Pick<Recoverer, 'isOpen'>,
  limit: number,
  ask: (most: number) => Promise<readonly string[]>,
  work: (id: string) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>()
  while (gate.isOpen() && seen.size < limit) {
    const most = Math.min(CHUNK, limit - seen.size)
    const fresh = (await ask(seen.size + most)).filter((id) => !seen.has(id)).slice(0, most)
    if (fresh.length === 0) return
    for (const id of fresh) seen.add(id)
    await inParallel(fresh, work)
  }
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** Every subject whose head this version of the chart must not touch. */
export async function stranded({ engine, chart }: Core): Promise<readonly Stranded[]> {
  const found: Stranded[] = []
  for await (const { id, head } of engine.journal.heads(chart.name)) {
    const fit = fitOf(head, chart)
    if (fit.type !== 'stranded') continue
    const { version, fingerprint } = head.chart
    const error = strandedError(id, head, chart, fit.why)
    found.push({ subject: id, phase: head.phase, version, fingerprint, flip: head.flip?.flip, error })
  }
  return found
}

/**
 * Calls `look` now and again, each wait jittered by half so that many processes do not come together. A look that takes
 * long, since it sees a flip to its end, does not hold up the next.
 */
export function repeat(
  clock: Clock,
  { everyMs, random }: { readonly everyMs: number; readonly random: () => number },
  look: () => Promise<void>,
): Stop {
  let isStopped = false
  let stopTimer: Stop = () => undefined
  let looks = 0
  const arm = (): void => {
    if (isStopped) return
    stopTimer = clock.timer(everyMs * (0.5 + random()), tick, { background: true })
  }
  const tick = (): void => {
    arm()
    if (looks === MOST_LOOKS) return
    looks += 1
    void look().finally(() => (looks -= 1))
  }
  arm()
  return () => {
    isStopped = true
    stopTimer()
  }
}
