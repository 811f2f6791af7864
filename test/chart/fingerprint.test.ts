import { describe, expect, it } from 'vitest'
import { policy } from '../../src/chart/index.ts'
import { nothing, type UntypedChart, type UntypedFlip, untyped } from './untyped.ts'

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }
type Declare = (f: UntypedFlip) => UntypedFlip

function ends(declared: UntypedChart, after?: object): UntypedChart {
  return declared.phase('a', { initial: true, after }).phase('b').phase('z', { final: true })
}

function fingerprint(declare: Declare, options: object = { version: 1 }, after?: object): string {
  return ends(untyped('c', options), after)
    .flip('go', (f: UntypedFlip) => declare(f.from('a').to('b')))
    .flip('end', (f: UntypedFlip) => f.from('a', 'b').to('z'))
    .build().fingerprint
}

const base: Declare = (f) =>
  f
    .guard('g', nothing)
    .step('one', { run: nothing, compensate: nothing })
    .step('two', { run: nothing })
    .confirm('k', nothing)

describe('the fingerprint', () => {
  it('is a SHA-256 that never changes for the same content', () => {
    expect(fingerprint(base)).toBe(fingerprint(base))
    expect(fingerprint(base)).toMatchInlineSnapshot(
      `"ee6ff6455d2201e9083739266e661f9187da2dd41010f283c2635552b67ebdf1"`,
    )
  })

  it('does not see the bodies of functions', () => {
    const other = (): boolean => true
    expect(
      fingerprint((f) =>
        f
          .guard('g', other)
          .step('one', { run: other, compensate: { run: other } })
          .step('two', { run: other })
          .confirm('k', other),
      ),
    ).toBe(fingerprint(base))
  })

  it('does not see how a default was said', () => {
    const said = (f: UntypedFlip): UntypedFlip => base(f.timeout(600_000).recover('resume'))
    expect(fingerprint(said)).toBe(fingerprint(base))
  })

  it('sees neither the version nor the migrations', () => {
    expect(fingerprint(base, { version: 3, migrate: { 1: { old: 'a' } } })).toBe(fingerprint(base))
  })

  it.each<[string, Declare]>([
    ['a step is added', (f) => base(f).step('three', { run: nothing })],
    [
      'steps change places',
      (f) =>
        f
          .guard('g', nothing)
          .step('two', { run: nothing })
          .step('one', { run: nothing, compensate: nothing })
          .confirm('k', nothing),
    ],
    ['a guard is added', (f) => base(f).guard('h', nothing)],
    ['a confirm is added', (f) => base(f).confirm('l', nothing)],
    ['an input is asked for', (f) => base(f.input(schema))],
    ['roles are asked for', (f) => base(f.allow('sre'))],
    ['it is opened to anyone', (f) => base(f.allowAnyone())],
    ['the timeout changes', (f) => base(f).timeout('9m')],
    ['recovery changes', (f) => base(f).recover('rollBack')],
    ['a resource is claimed', (f) => base(f).exclusive('db')],
    ['it pre-empts', (f) => base(f).preempt()],
    ['it starts from another phase too', (f) => base(f).from('a', 'b')],
  ])('changes when %s', (_, declare) => {
    expect(fingerprint(declare)).not.toBe(fingerprint(base))
  })

  it.each<[string, object]>([
    ['timeout', { timeout: '1s' }],
    ['attempts', { retry: { attempts: 2 } }],
    ['backoff', { retry: { base: '1s' } }],
    ['compensation', { compensate: nothing }],
    ['at-most-once', { once: true }],
    ['irreversibility', { irreversible: true, retry: { attempts: 1 } }],
  ])('changes with the %s of a step', (_, options) => {
    const step = (more: object) => fingerprint((f) => f.step('s', { run: nothing, ...more }))
    expect(step(options)).not.toBe(step({}))
  })

  it('changes when a step becomes a transaction', () => {
    const made = fingerprint((f) => f.transact('s', { run: nothing }))
    expect(made).not.toBe(fingerprint((f) => f.step('s', { run: nothing })))
  })

  it('changes when a guard becomes a policy, and with who may approve', () => {
    const guarded = (check: unknown) => fingerprint((f) => f.guard('g', check))
    const yes = (): boolean => true
    const made = [yes, policy(yes), policy(yes, { approvers: ['sre'] })].map(guarded)
    expect(new Set(made).size).toBe(3)
    expect(guarded(policy(() => false, { approvers: [] }))).toBe(made[1])
  })

  it('changes with the operators, their names and their order, and not where none are declared', () => {
    const operated = (...roles: readonly string[]) =>
      roles.reduce((chart, role) => chart.operators(role), ends(untyped('c', { version: 1 })))
    const of = (...roles: readonly string[]) =>
      operated(...roles)
        .flip('go', (f: UntypedFlip) => base(f.from('a').to('b')))
        .flip('end', (f: UntypedFlip) => f.from('a', 'b').to('z'))
        .build().fingerprint
    expect(of()).toBe(fingerprint(base))
    expect(new Set([of(), of('ops'), of('Ops'), of('ops', 'sre'), of('sre', 'ops')]).size).toBe(5)
  })

  it('changes with names and timers', () => {
    const named = (name: string) =>
      untyped(name, { version: 1 }).phase('a', { initial: true, final: true }).build().fingerprint
    expect(named('c')).not.toBe(named('d'))
    expect(fingerprint(base, { version: 1 }, { '1m': 'end' })).not.toBe(fingerprint(base))
    expect(fingerprint(base, { version: 1 }, { '1m': 'end' })).not.toBe(
      fingerprint(base, { version: 1 }, { '2m': 'end' }),
    )
  })
})
