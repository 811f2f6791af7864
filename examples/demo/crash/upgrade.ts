import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { chart } from 'phasegate'

/** The machine that is upgraded: what is done to it is a line in a file, with the key that a real one would check. */
export class Machine {
  readonly #file: string
  readonly #onHalf: (what: string) => Promise<void>

  /** `onHalf` is called in the middle of every piece of work. */
  constructor(folder: string, onHalf: (what: string) => Promise<void> = async () => undefined) {
    this.#file = join(folder, 'machine.log')
    this.#onHalf = onHalf
  }

  async work(what: string, key: string): Promise<void> {
    await appendFile(this.#file, `${what} begun ${key}\n`)
    await pause(250)
    await this.#onHalf(what)
    await pause(250)
    await appendFile(this.#file, `${what} done ${key}\n`)
  }
}

/** Three steps, each with its undo. */
export const upgrade = chart('upgrade', { version: 1 })
  .deps<Machine>()
  .phase('v1', { initial: true })
  .phase('v2', { final: true })
  .flip('upgrade', (f) =>
    f
      .from('v1')
      .to('v2')
      .step('snapshot', {
        run: async ({ deps, stepKey }) => {
          await deps.work('snapshot', stepKey)
          return { snapshot: 'snap-41' }
        },
        compensate: ({ deps, stepKey }) => deps.work('drop snapshot', stepKey),
      })
      .step('migrate', {
        run: ({ deps, stepKey }) => deps.work('migrate', stepKey),
        compensate: ({ deps, stepKey, outputs }) => deps.work(`restore ${outputs.snapshot.snapshot}`, stepKey),
      })
      .step('cut-over', {
        run: ({ deps, stepKey }) => deps.work('cut-over', stepKey),
        compensate: ({ deps, stepKey }) => deps.work('cut back', stepKey),
      }),
  )
  .build()
