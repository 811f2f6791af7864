import { flag, known, PhasegateError, port } from '../../base/index.ts'
import type { AnyChart } from '../../chart/index.ts'
import type { FlipOptions } from '../../gate/index.ts'
import type { Actor } from '../../ports/index.ts'
import type { ChartPath, PathFlip, Walker } from './types.ts'

/** What every flip of a walk is asked with. */
export interface Asked {
  readonly chart: AnyChart
  readonly inputs: Readonly<Record<string, unknown>>
  readonly actor: Actor | undefined
}

interface Route extends Pick<ChartPath, 'name' | 'flips'> {
  readonly initial: string
}

interface AnyWalker {
  flip(name: string, input: unknown, options: FlipOptions | undefined): Promise<unknown>
  phase(): Promise<string>
  readonly advance?: (ms: number) => Promise<void>
}

export async function walk(route: Route, asked: Asked, given: Walker, options: unknown): Promise<void> {
  const { timers } = known(options, 'walk options', ['timers'])
  const waits = flag(timers, 'timers')
  const methods = waits ? ['flip', 'phase', 'advance'] : ['flip', 'phase']
  const walker = port<AnyWalker>(given ?? null, 'walker', methods) as AnyWalker
  await lookFor(route.initial, walker, `path "${route.name}" begins`)
  for (const step of route.flips) {
    if (waits && comesFirst(asked.chart, step)) await walker.advance?.(step.afterMs ?? 0)
    else await walker.flip(step.flip, asked.inputs[step.flip], asked.actor && { actor: asked.actor })
    await lookFor(step.to, walker, `path "${route.name}", after "${step.flip}"`)
  }
}

/** Another timer of the phase would come before any but the first. */
function comesFirst({ phases }: AnyChart, { flip, from }: PathFlip): boolean {
  return phases.get(from)?.after[0]?.flip === flip
}

async function lookFor(asked: string, walker: AnyWalker, place: string): Promise<void> {
  const phase = await walker.phase()
  if (phase === asked) return
  const subject = 'id' in walker ? String(walker.id) : 'the subject'
  throw new PhasegateError('NOT_IN_PHASE', `${place}: it is in phase "${phase}", not in "${asked}"`, {
    subject,
    asked,
    phase,
  })
}
