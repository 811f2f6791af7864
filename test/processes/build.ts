import { chart } from 'phasegate'
import type { Resource } from './ledger.ts'

export interface Site {
  readonly ledger: Resource
  /** Called in the middle of every step, after its effect or before it. */
  readonly middle: (step: string) => Promise<void>
  readonly failing: string | undefined
  /** What the resource answered, step by step. */
  readonly answered: (answer: string) => void
}

const STEPS = ['a', 'b', 'c'] as const

/** Three steps, each with an effect outside and its undo. */
export const build = chart('build', { version: 1 })
  .deps<Site>()
  .phase('plan', { initial: true })
  .phase('house', { final: true })
  .flip('build', (f) =>
    f
      .from('plan')
      .to('house')
      .step(STEPS[0], { run: work('a'), compensate: undo })
      .step(STEPS[1], { run: work('b'), compensate: undo })
      .step(STEPS[2], { run: work('c'), compensate: undo }),
  )
  .build()

interface Context {
  readonly deps: Site
  readonly stepKey: string
  readonly epoch: number
  assertHeld(): void
}

function work(step: string) {
  return async ({ deps, stepKey, epoch, assertHeld }: Context): Promise<void> => {
    await deps.middle(step)
    deps.answered(await deps.ledger.apply(stepKey, epoch))
    if (deps.failing === step) throw new Error(`${step} broke`)
    assertHeld()
  }
}

async function undo({ deps, stepKey, epoch }: Context): Promise<void> {
  await deps.ledger.apply(stepKey, epoch)
}
