import { describe, expect, it } from 'vitest'
import { chart } from '../../src/chart/index.ts'
import { nothing, twoPhases, type UntypedFlip, withFlip } from './untyped.ts'
import { upgrade } from './upgrade.ts'

const go = (declare: (f: UntypedFlip) => unknown) => withFlip(declare).build().flips.get('go')

describe('a built chart', () => {
  it('keeps phases and flips in the order of their declaration', () => {
    expect([...upgrade.phases.keys()]).toEqual(['serving', 'draining', 'stopped'])
    expect([...upgrade.flips.keys()]).toEqual(['drain', 'restore', 'stop'])
    expect(upgrade).toMatchObject({ name: 'db-upgrade', version: 1, initial: 'serving', migrations: {} })
  })

  it('gives a flip the timers of the phase it leads to', () => {
    expect(upgrade.flips.get('drain')?.entering).toEqual([{ flip: 'restore', afterMs: 900_000 }])
    expect(upgrade.flips.get('stop')?.entering).toEqual([])
  })

  it('is frozen all the way down', () => {
    const flip = upgrade.flips.get('drain')
    const parts = [
      upgrade,
      upgrade.table,
      upgrade.table.serving,
      upgrade.migrations,
      upgrade.phases.get('draining')?.after,
    ]
    const lists = [
      flip,
      flip?.from,
      flip?.allow,
      flip?.guards,
      flip?.steps,
      flip?.confirms,
      flip?.exclusive,
      flip?.entering,
    ]
    const inner = [
      flip?.guards[0],
      flip?.steps[0],
      flip?.steps[0]?.retry,
      flip?.steps[0]?.compensate,
      flip?.confirms[0],
    ]
    for (const part of [...parts, ...lists, ...inner]) {
      expect(part).toBeDefined()
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('is not changed by what is called on its builder later', () => {
    const base = chart('c', { version: 1 }).phase('a', { initial: true }).phase('b', { final: true })
    const one = base.flip('one', (f) => f.from('a').to('b'))
    const two = base.flip('two', (f) => f.from('a').to('b'))
    expect([...one.build().flips.keys()]).toEqual(['one'])
    expect([...two.build().flips.keys()]).toEqual(['two'])
  })

  it('keeps the flip builder immutable too', () => {
    const built = withFlip((f) => {
      f.step('lost', { run: nothing })
      return f.step('kept', { run: nothing })
    }).build()
    expect(built.flips.get('go')?.steps.map((step) => step.name)).toEqual(['kept'])
  })
})

describe('a transact step', () => {
  it('is as any other, but for what it says of itself', () => {
    const declared = { run: nothing, compensate: nothing, timeout: '9s', irreversible: false }
    const [step] = go((f) => f.step('s', declared))?.steps ?? []
    const [transaction] = go((f) => f.transact('s', declared))?.steps ?? []
    expect(step).toMatchObject({ atomic: false, once: false, timeoutMs: 9_000, retry: { attempts: 1 } })
    expect(transaction).toEqual({ ...step, atomic: true })
    expect(Object.isFrozen(transaction)).toBe(true)
  })

  it('is tried more often from the point of no return on', () => {
    const attempts = go((f) => f.transact('s', { run: nothing, irreversible: true }).transact('t', { run: nothing }))
    expect(attempts?.steps.map((step) => step.retry.attempts)).toEqual([5, 5])
  })
})

describe('what is left out', () => {
  it('has the documented defaults', () => {
    expect(go((f) => f)).toMatchObject({
      input: undefined,
      allow: [],
      guards: [],
      steps: [],
      confirms: [],
      timeoutMs: 600_000,
      recover: 'resume',
      exclusive: [],
      preempt: false,
    })
    expect(go((f) => f.guard('g', nothing))?.guards[0]).toMatchObject({ timeoutMs: 5_000 })
    expect(go((f) => f.confirm('c', nothing))?.confirms[0]).toMatchObject({ withinMs: 30_000, pollMs: 500 })
    expect(go((f) => f.step('s', { run: nothing, compensate: nothing }))?.steps[0]).toMatchObject({
      timeoutMs: 30_000,
      retry: { attempts: 1, baseMs: 100, capMs: 10_000 },
      once: false,
      irreversible: false,
      compensate: { timeoutMs: 30_000, retry: { attempts: 3, baseMs: 100, capMs: 10_000 } },
    })
  })

  it('is the same as undefined', () => {
    const options = {
      timeout: undefined,
      retry: { attempts: undefined, base: undefined },
      compensate: undefined,
      once: undefined,
    }
    const step = go((f) => f.guard('g', nothing, { timeout: undefined }).step('s', { run: nothing, ...options }))
      ?.steps[0]
    expect(step).toMatchObject({
      timeoutMs: 30_000,
      retry: { attempts: 1, baseMs: 100 },
      compensate: undefined,
      once: false,
    })
  })

  it('is five attempts from the point of no return on, and never for a step that runs at most once', () => {
    const flip = go((f) =>
      f
        .step('before', { run: nothing })
        .step('at', { run: nothing, irreversible: true })
        .step('after', { run: nothing })
        .step('once', { run: nothing, once: true })
        .step('said', { run: nothing, retry: { attempts: 2 } }),
    )
    expect(flip?.steps.map((step) => step.retry.attempts)).toEqual([1, 5, 5, 1, 2])
  })
})

describe('what is given', () => {
  it('arrives parsed', () => {
    const compensate = { run: nothing, timeout: '1m', retry: { attempts: 9, base: 0, cap: '1s' } }
    const flip = go((f) =>
      f.step('s', { run: nothing, compensate, timeout: 250, retry: { attempts: 2, base: '1s', cap: '2s' } }),
    )
    expect(flip?.steps[0]).toMatchObject({
      timeoutMs: 250,
      retry: { attempts: 2, baseMs: 1_000, capMs: 2_000 },
      compensate: { run: nothing, timeoutMs: 60_000, retry: { attempts: 9, baseMs: 0, capMs: 1_000 } },
    })
  })

  it('sorts the timers of a phase by time', () => {
    const built = twoPhases()
      .phase('c', { after: { '2m': 'end', '90s': 'back' } })
      .flip('aside', (f: UntypedFlip) => f.from('a').to('c'))
      .flip('back', (f: UntypedFlip) => f.from('c').to('a'))
      .flip('end', (f: UntypedFlip) => f.from('c').to('b'))
      .build()
    expect(built.phases.get('c')?.after).toEqual([
      { flip: 'back', afterMs: 90_000 },
      { flip: 'end', afterMs: 120_000 },
    ])
  })

  it('names a phase once, however often it is said', () => {
    const built = twoPhases()
      .flip('go', (f: UntypedFlip) => f.from('a', 'a').to('b'))
      .build()
    expect(built.flips.get('go')?.from).toEqual(['a'])
  })
})
