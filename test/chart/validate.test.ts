import { describe, expect, it } from 'vitest'
import { isPhasegateError, type PhasegateError } from '../../src/base/index.ts'
import { nothing, twoPhases, type UntypedChart, type UntypedFlip, untyped, withFlip } from './untyped.ts'

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
const flip = (from: readonly string[], to: string) => (f: UntypedFlip) => f.from(...from).to(to)
const start = (migrate?: object, version = 1) => untyped('c', { version, migrate })

function failure(declared: UntypedChart): PhasegateError<'CHART_INVALID'> {
  try {
    declared.build()
  } catch (error) {
    if (isPhasegateError(error, 'CHART_INVALID')) return error
    throw error
  }
  return expect.unreachable('the chart was built')
}

function problems(declared: UntypedChart): readonly string[] {
  return failure(declared).facts.problems.map(({ place, problem }) => `${place}: ${problem}`)
}

describe('build() refuses', () => {
  it('a chart without phases', () => {
    expect(problems(start())).toEqual(['chart "c": no phase is initial'])
  })

  it('a chart in which no phase is initial', () => {
    const declared = start()
      .phase('a')
      .phase('b', { final: true })
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['chart "c": no phase is initial'])
  })

  it('two initial phases', () => {
    const declared = start()
      .phase('a', { initial: true })
      .phase('b', { initial: true, final: true })
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['chart "c": "a" and "b" are initial; there is one beginning'])
  })

  it('an unreachable phase', () => {
    const declared = twoPhases()
      .phase('lost')
      .flip('go', flip(['a', 'lost'], 'b'))
    expect(problems(declared)).toEqual(['phase "lost": cannot be reached from the initial phase'])
  })

  it('a dead end that is not final', () => {
    const declared = start()
      .phase('a', { initial: true })
      .phase('b')
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['phase "b": a dead end: no flip leads out of it, and it is not final'])
  })

  it('a final phase that a flip leaves', () => {
    const declared = twoPhases()
      .flip('go', flip(['a'], 'b'))
      .flip('back', flip(['b'], 'a'))
    expect(problems(declared)).toEqual(['phase "b": is final, and yet left by "back"'])
  })

  it('a trap, once', () => {
    const declared = twoPhases()
      .phase('x')
      .phase('y')
      .flip('end', flip(['a'], 'b'))
      .flip('in', flip(['a'], 'x'))
      .flip('to', flip(['x'], 'y'))
      .flip('fro', flip(['y'], 'x'))
    expect(problems(declared)).toEqual(['phases "x", "y": a trap: once entered, no final phase can be reached'])
  })

  it('a phase that leads only back to itself, when there is an end', () => {
    const declared = twoPhases()
      .phase('x')
      .flip('end', flip(['a'], 'b'))
      .flip('in', flip(['a'], 'x'))
      .flip('again', flip(['x'], 'x'))
    expect(problems(declared)).toEqual(['phases "x": a trap: once entered, no final phase can be reached'])
  })

  it('a flip that does not say where it starts or leads', () => {
    const declared = twoPhases()
      .flip('go', flip(['a'], 'b'))
      .flip('x', (f: UntypedFlip) => f.preempt())
    expect(problems(declared)).toEqual([
      'flip "x": does not say where it starts',
      'flip "x": does not say where it leads',
    ])
  })

  it('phases that are not declared', () => {
    const declared = twoPhases()
      .flip('go', flip(['a'], 'b'))
      .flip('x', flip(['a', 'c'], 'd'))
    expect(problems(declared)).toEqual([
      'flip "x".from: phase "c" is not declared',
      'flip "x".to: phase "d" is not declared',
    ])
  })

  it('names that are declared more than once', () => {
    const declared = twoPhases()
      .phase('a')
      .flip('go', flip(['a'], 'b'))
      .flip('go', (f: UntypedFlip) =>
        f
          .from('a')
          .to('b')
          .guard('g', nothing)
          .guard('g', nothing)
          .step('s', { run: nothing })
          .step('s', { run: nothing })
          .confirm('k', nothing)
          .confirm('k', nothing),
      )
    expect(problems(declared)).toEqual([
      'phase "a": is declared more than once',
      'flip "go": is declared more than once',
      'flip "go", guard "g": is declared more than once',
      'flip "go", step "s": is declared more than once',
      'flip "go", confirm "k": is declared more than once',
    ])
  })

  it.each(['at', 'after'])('a compensation %s the point of no return', (where) => {
    const declared = withFlip((f) =>
      f
        .step('before', { run: nothing, compensate: nothing })
        .step('at', { run: nothing, irreversible: true, compensate: where === 'at' ? nothing : undefined })
        .step('after', { run: nothing, compensate: where === 'after' ? nothing : undefined }),
    )
    expect(problems(declared)).toEqual([
      `flip "go", step "${where}": has a compensation that could never run: it is not before the point of no return`,
    ])
  })

  it("recover('rollBack') of a flip that has a point of no return", () => {
    const declared = withFlip((f) => f.step('drop', { run: nothing, irreversible: true }).recover('rollBack'))
    expect(problems(declared)).toEqual([`flip "go": recover('rollBack') cannot be kept: step "drop" is irreversible`])
  })

  it('several attempts of a step that runs at most once', () => {
    const declared = withFlip((f) => f.step('pay', { run: nothing, once: true, retry: { attempts: 2 } }))
    expect(problems(declared)).toEqual(['flip "go", step "pay": is to run at most once, and to be tried 2 times'])
  })

  it('a compensation of a transaction at the point of no return', () => {
    const declared = withFlip((f) => f.transact('pay', { run: nothing, compensate: nothing, irreversible: true }))
    expect(problems(declared)).toEqual([
      'flip "go", step "pay": has a compensation that could never run: it is not before the point of no return',
    ])
  })

  it('a transaction by the name of a step', () => {
    const declared = withFlip((f) => f.step('pay', { run: nothing }).transact('pay', { run: nothing }))
    expect(problems(declared)).toEqual(['flip "go", step "pay": is declared more than once'])
  })

  it('a timer that names a flip which is not declared', () => {
    const declared = start()
      .phase('a', { initial: true, after: { '1m': 'gone' } })
      .phase('b', { final: true })
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['phase "a", after 1m: names flip "gone", which is not declared'])
  })

  it('a timer that names a flip which is not legal there', () => {
    const declared = start()
      .phase('a', { initial: true })
      .phase('b', { final: true, after: { '1m': 'go' } })
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['phase "b", after 1m: names flip "go", which is not legal from there'])
  })

  it('a timer that names a flip which needs input', () => {
    const declared = start()
      .phase('a', { initial: true, after: { '1m': 'go' } })
      .phase('b', { final: true })
      .flip('go', (f: UntypedFlip) => f.from('a').to('b').input(schema))
    expect(problems(declared)).toEqual([
      'phase "a", after 1m: names flip "go", which needs input; a timer has none to give',
    ])
  })

  it('two timers that fall due at the same time', () => {
    const declared = start()
      .phase('a', { initial: true, after: { '60s': 'go', '1m': 'leave' } })
      .phase('b', { final: true })
      .flip('go', flip(['a'], 'b'))
      .flip('leave', flip(['a'], 'b'))
    expect(problems(declared)).toEqual(['phase "a", after 1m: another timer falls due at the same time'])
  })

  it('a migration to a phase that is not declared, or from a version that is not older', () => {
    const declared = start({ 1: { old: 'gone', older: 'a' }, 2: { old: 'a' }, 3: {} }, 2)
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', flip(['a'], 'b'))
    expect(problems(declared)).toEqual([
      'migrate.1.old: leads to phase "gone", which is not declared',
      'migrate.2: this chart is version 2; nothing moves to it from version 2',
      'migrate.3: this chart is version 2; nothing moves to it from version 3',
    ])
  })

  it('a flip that is open to anyone, and reserved', () => {
    expect(problems(withFlip((f) => f.allow('sre', 'dev').allowAnyone()))).toEqual([
      'flip "go": is open to anyone, and reserved to "sre", "dev"',
    ])
  })

  it('all of it at once, each with its mend, in one message', () => {
    const error = failure(
      start()
        .phase('a')
        .phase('b')
        .flip('go', flip(['a'], 'c')),
    )
    expect(error.facts.chart).toBe('c')
    expect(error.facts.problems.length).toBeGreaterThan(2)
    for (const { place, problem, mend } of error.facts.problems) {
      expect(error.message).toContain(`${place}: ${problem}; ${mend}`)
      expect(mend).not.toBe('')
    }
  })
})

describe('build() accepts', () => {
  it('cycles without end, when no phase is final', () => {
    const declared = start()
      .phase('a', { initial: true })
      .phase('b')
      .flip('go', flip(['a'], 'b'))
      .flip('back', flip(['b'], 'a'))
    expect(declared.build().table).toEqual({ a: { go: 'b' }, b: { back: 'a' } })
  })

  it('a flip from a phase to itself', () => {
    expect(
      twoPhases()
        .flip('go', flip(['a'], 'b'))
        .flip('upgrade', flip(['a'], 'a'))
        .build().table.a,
    ).toEqual({ go: 'b', upgrade: 'a' })
  })

  it('several irreversible steps, and compensations before the first', () => {
    const declared = withFlip((f) =>
      f
        .step('one', { run: nothing, compensate: nothing })
        .step('two', { run: nothing, irreversible: true })
        .step('three', { run: nothing, irreversible: true }),
    )
    expect(declared.build().flips.get('go')?.steps).toHaveLength(3)
  })

  it('a migration from every older version', () => {
    const declared = start({ 1: { old: 'a' }, 2: { b: 'b' } }, 3)
      .phase('a', { initial: true })
      .phase('b', { final: true })
    expect(declared.flip('go', flip(['a'], 'b')).build().migrations).toEqual({ 1: { old: 'a' }, 2: { b: 'b' } })
  })
})
