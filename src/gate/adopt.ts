import { isPhasegateError } from '../base/index.ts'
import { adopt, type Ended, holdAll, RECOVERY, releaseAll } from '../flip/index.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'

/** A flip that was taken over. */
interface Adopted {
  readonly flipId: string
  readonly flip: string
  readonly ended: Promise<Ended>
}

/**
 * Takes over the flip of a dead owner. Undefined when there is none, it is stuck, or somebody else was faster.
 * @throws CHART_VERSION, UNAUTHORISED, RESOURCE_BUSY
 */
export async function adoptFlip(desk: Desk): Promise<Adopted | undefined> {
  const { engine, lock, chart } = desk.core
  const head = await desk.head()
  const { flip } = head
  const spec = flip && chart.flips.get(flip.flip)
  if (desk.run !== undefined || flip === undefined || spec === undefined || flip.course.type === 'stuck')
    return undefined
  // Asked after the head was read: who has adopted it since will be seen here, or by the append.
  if (!(await desk.log.isAbandoned())) return undefined
  await authorise(desk, { act: 'recover', actor: RECOVERY, spec, flipId: flip.id, from: flip.from, to: flip.to })
  const leases = await holdAll(lock, spec.exclusive, engine, 0)
  try {
    const taking = { spec, leases, watch: desk.watching('adopted', flip) }
    const run = await desk.take(taking, head, adopt(flip, spec, engine.owner))
    return { flipId: flip.id, flip: spec.name, ended: desk.conclude(run, leases) }
  } catch (error) {
    await releaseAll(leases)
    if (isPhasegateError(error, 'JOURNAL_CONFLICT')) return undefined
    throw error
  }
}
