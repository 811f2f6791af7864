import { describe, expect, test } from 'vitest'
import { chart, terminal } from '../../../src/index.ts'
import { crashEverywhere, type Ledger } from '../../../src/testing/index.ts'
import { fakes, server } from '../simulate/sample.ts'

const observe = ({ lb, pool }: ReturnType<typeof fakes>): unknown => [lb.cordoned, pool.open]
const proved = { deps: fakes, observe }

interface Lamp {
  on: number
  switchOn(token: { readonly stepKey: string; readonly epoch: number }): Promise<string>
  switchOff(token: { readonly stepKey: string; readonly epoch: number }): Promise<void>
}

const lamp = ({ ledger }: { readonly ledger: Ledger }): Lamp => ({
  on: 0,
  async switchOn(token) {
    await Promise.resolve()
    return ledger.take(token, () => {
      this.on++
      return 'on'
    })
  },
  async switchOff(token) {
    await Promise.resolve()
    ledger.take(token, () => {
      this.on--
    })
  },
})

/** One flip with one step, of which a test says what it does. */
const lit = (run: (lamp: Lamp, token: Parameters<Lamp['switchOn']>[0]) => unknown) =>
  chart('lamp', { version: 1 })
    .deps<Lamp>()
    .phase('dark', { initial: true })
    .phase('light')
    .flip('light', (f) =>
      f
        .from('dark')
        .to('light')
        .step('switch on', { run: ({ deps, stepKey, epoch }) => run(deps, { stepKey, epoch }) as Promise<string> }),
    )
    .flip('darken', (f) => f.from('light').to('dark'))
    .build()

describe('a flip that survives a crash anywhere', () => {
  test('is shown to, each moment in a world of its own', async () => {
    const report = await crashEverywhere(server, 'drain', proved)
    expect(report).toMatchObject({
      flip: 'drain',
      variants: [
        'undisturbed',
        'step "cordon" fails',
        'step "close pool" fails',
        'confirm "no open connections" fails',
      ],
    })
    expect(report.crashes).toBeGreaterThan(30)
    expect(report.zombies).toBeGreaterThan(60)
    expect(report.runs).toBe(report.crashes + report.zombies + report.variants.length)
  })

  test('is led by the shortest way of flips to where it begins', async () => {
    expect(await crashEverywhere(server, 'restore', proved)).toMatchObject({ flip: 'restore', crashes: 2, zombies: 2 })
  })

  test('or by what the test prepares', async () => {
    const seen: number[] = []
    await crashEverywhere(server, 'restore', {
      ...proved,
      prepare: async (sim) => {
        await sim.flip('drain')
        await sim.advance('10m')
        seen.push(sim.clock.monotonic())
      },
    })
    expect(new Set(seen)).toEqual(new Set([600_000]))
  })

  test('may go without the way back, and without late owners', async () => {
    const report = await crashEverywhere(server, 'drain', { ...proved, failures: false, zombies: false })
    expect(report).toMatchObject({ zombies: 0, variants: ['undisturbed'] })
    expect(report.runs).toBe(report.crashes + 1)
  })

  test('is tried to the point of no return, and not beyond: there it waits for a person', async () => {
    const final = chart('final', { version: 1 })
      .deps<Lamp>()
      .phase('dark', { initial: true })
      .phase('light', { final: true })
      .flip('light', (f) =>
        f
          .from('dark')
          .to('light')
          .step('first', { run: ({ deps, stepKey, epoch }) => deps.switchOn({ stepKey, epoch }), irreversible: true })
          .step('second', { run: () => 'done' }),
      )
      .build()
    const report = await crashEverywhere(final, 'light', { deps: lamp, observe: ({ on }) => on })
    expect(report.variants).toEqual(['undisturbed'])
  })
})

describe('what does not survive is found', () => {
  const careless = lit((deps) => {
    deps.on++
  })
  const proof = (only?: string): Promise<unknown> =>
    crashEverywhere(careless, 'light', { deps: lamp, observe: ({ on }) => on, failures: false, only })

  test('an effect that is made twice, since nobody can tell the second', async () => {
    await expect(proof()).rejects.toMatchObject({
      code: 'PROOF_FAILED',
      message: expect.stringContaining('flip "light" of chart "lamp" does not survive everything: '),
      facts: {
        proof: 'crashEverywhere "light"',
        point: 'crash › after step "switch on"',
        problems: ['in "light" what observe sees is 2; an undisturbed flip leaves 1'],
      },
    })
  })

  test('with its story, and how to see it alone', async () => {
    const only = 'crash › after step "switch on"'
    const error = await proof(only).catch((thrown: unknown) => thrown as Error)
    expect((error as Error).message).toMatchInlineSnapshot(`
      "flip "light" of chart "lamp" does not survive everything: 1 of 2 runs do not hold.
      The shortest: crash › after step "switch on"
        - in "light" what observe sees is 2; an undisturbed flip leaves 1

        +0ms     journal     1. requested "light", dark → light, epoch 1
        +0ms     owner       step "switch on"
        +0ms     owner       is killed
        +15s     journal     2. adopted, epoch 2, in doubt: switch on
        +15s     next owner  step "switch on"
        +15s     journal     3. stepped "switch on"
        +15s     journal     4. committed "light", light

      To see it alone: only: "crash › after step \\"switch on\\"""
    `)
  })

  test('and a run that there is not is refused, naming those that there are', async () => {
    await expect(proof('crash › nowhere')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('crash › after step "switch on"'),
    })
  })

  test('an undo that does not take back what was done', async () => {
    const s = crashEverywhere(server, 'drain', { ...proved, undos: { cordon: () => undefined } })
    await expect(s).rejects.toMatchObject({
      facts: { problems: ['in "serving" what observe sees is [["sim"],2]; it was [[],2] before'] },
    })
  })

  test('an invariant that does not hold, or that throws', async () => {
    const invariants = {
      'who drains has no connections': ({ deps, phase }: { deps: ReturnType<typeof fakes>; phase: string }) =>
        phase !== 'draining' || deps.pool.open > 0,
      'nobody divides by zero': () => {
        throw new Error('somebody did')
      },
    }
    await expect(crashEverywhere(server, 'drain', { ...proved, invariants })).rejects.toMatchObject({
      facts: {
        problems: ['"nobody divides by zero" could not be told in "serving": somebody did'],
      },
    })
  })

  test('a late owner, where the outside cannot tell it', async () => {
    const blind = {
      ...proved,
      undos: { 'close pool': ({ deps }: { deps: ReturnType<typeof fakes> }) => void (deps.pool.open = 2) },
    }
    const naive = {
      ...blind,
      steps: { 'close pool': async ({ deps }: { deps: ReturnType<typeof fakes> }) => void (deps.pool.open = 0) },
    }
    await expect(crashEverywhere(server, 'drain', naive)).rejects.toMatchObject({
      facts: { point: expect.stringContaining('zombie › before step "close pool"') },
    })
    await crashEverywhere(server, 'drain', { ...naive, zombies: false })
  })

  test('a flip that goes another way each time', async () => {
    let times = 0
    const fickle = lit(async (deps, token) => {
      if (times++ % 2 === 1) await deps.switchOff({ ...token, stepKey: 'off' })
      return deps.switchOn(token)
    })
    await expect(crashEverywhere(fickle, 'light', { deps: lamp })).rejects.toThrow('goes another way each time')
  })

  test('a flip that does not even commit undisturbed', async () => {
    const failing = lit(() => {
      throw terminal(new Error('no lamp'))
    })
    await expect(crashEverywhere(failing, 'light', { deps: lamp })).rejects.toThrow(
      'undisturbed, the flip does not commit',
    )
  })
})

describe('a proof that cannot begin says why', () => {
  const wrong = (flip: string, options: object): Promise<unknown> =>
    crashEverywhere(server, flip as 'drain', { deps: fakes, ...options })

  test.each([
    ['drein', {}, /flip is "drein"; it must be a flip of the chart: drain, restore, stop/],
    ['drain', { from: 'stopped' }, /from is "stopped"; it must be one of serving/],
    ['drain', { deps: {} }, /deps is an object; it must be a function/],
    ['drain', { observ: 1 }, /observ is 1; it must be left out; known: invariants, observe/],
    ['drain', { invariants: { 'it holds': true } }, /invariants\["it holds"\] is true; it must be a function/],
    ['drain', { requests: { drein: {} } }, /requests.drein/],
    ['restore', { prepare: () => undefined }, /prepare is "serving"; it must be something that leads to "draining"/],
  ])('%s, %j', async (flip, options, message) => {
    await expect(wrong(flip, options)).rejects.toThrow(message)
    await expect(wrong(flip, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('a flip on the way there that is refused', async () => {
    const proof = crashEverywhere(server, 'restore', { deps: fakes, guards: { 'peers-healthy': 'it is Friday' } })
    await expect(proof).rejects.toThrow(
      '"restore" cannot be tried: flip "drain", on the way to "draining", was refused: ',
    )
  })
})
