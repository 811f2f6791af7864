import { chart } from 'phasegate'

/** One effect of a step: its key, and the epoch that it was done under. */
export interface Effect {
  readonly key: string
  readonly epoch: number
}

export interface Yard {
  readonly effects: Effect[]
  /** Called in the middle of every step. */
  readonly middle?: ((step: string) => Promise<void>) | undefined
}

interface Context {
  readonly deps: Yard
  readonly stepKey: string
  readonly epoch: number
}

function work(step: string) {
  return async ({ deps, stepKey, epoch }: Context): Promise<{ readonly did: string }> => {
    await deps.middle?.(step)
    deps.effects.push({ key: stepKey, epoch })
    return { did: step }
  }
}

/** There and back: three steps, and three steps. */
export const shuttle = chart('shuttle', { version: 1 })
  .deps<Yard>()
  .phase('here', { initial: true })
  .phase('there')
  .flip('go', (f) =>
    f
      .from('here')
      .to('there')
      .step('a', { run: work('a') })
      .step('b', { run: work('b') })
      .step('c', { run: work('c') }),
  )
  .flip('return', (f) =>
    f
      .from('there')
      .to('here')
      .step('c', { run: work('c') })
      .step('b', { run: work('b') })
      .step('a', { run: work('a') }),
  )
  .build()
