import { describe, expect, it } from 'vitest'
import { isPhasegateError } from '../../src/base/index.ts'
import { nothing, twoPhases, type UntypedFlip, untyped, withFlip } from './untyped.ts'

function refusal(act: () => unknown): { option: string; message: string } {
  try {
    act()
  } catch (error) {
    if (isPhasegateError(error, 'OPTION_INVALID')) return { option: error.facts.option, message: error.message }
    throw error
  }
  return expect.unreachable('nothing was refused')
}

const flip = (declare: (f: UntypedFlip) => unknown) => () => withFlip(declare)
const start = () => untyped('c', { version: 1 })
const step = (options: object) => flip((f) => f.step('s', { run: nothing, ...options }))

describe('a wrong value is refused by name', () => {
  it.each<[string, () => unknown]>([
    ['version', () => untyped('c', {})],
    ['version', () => untyped('c', { version: 0 })],
    ['version', () => untyped('c', { version: 1.5 })],
    ['version', () => untyped('c', { version: '1' })],
    ['version', () => untyped('c')],
    ['chart options', () => untyped('c', null)],
    ['chart options.versoin', () => untyped('c', { version: 1, versoin: 2 })],
    ['migrate', () => untyped('c', { version: 2, migrate: 'x' })],
    ['migrate.1', () => untyped('c', { version: 2, migrate: { 1: 'x' } })],
    ['migrate.1.old', () => untyped('c', { version: 2, migrate: { 1: { old: 7 } } })],
    ['a version of migrate', () => untyped('c', { version: 2, migrate: { one: {} } })],
    ['phase "p".initial', () => start().phase('p', { initial: 'yes' })],
    ['phase "p".final', () => start().phase('p', { final: 1 })],
    ['phase "p".finale', () => start().phase('p', { finale: true })],
    ['phase "p"', () => start().phase('p', 'initial')],
    ['phase "p".after', () => start().phase('p', { after: '15m' })],
    ['a delay of phase "p".after', () => start().phase('p', { after: { soon: 'go' } })],
    ['phase "p".after["1m"]', () => start().phase('p', { after: { '1m': 7 } })],
    ['flip "go"', () => twoPhases().flip('go', 'x')],
    ['flip "go"', () => twoPhases().flip('go', () => undefined)],
    ['flip "go".from', () => twoPhases().flip('go', (f: UntypedFlip) => f.from())],
    ['the input of flip "go"', flip((f) => f.input({ parse: nothing }))],
    ['the input of flip "go"', flip((f) => f.input(null))],
    ['flip "go".allow', flip((f) => f.allow())],
    ['flip "go".allow', flip((f) => f.allow(''))],
    ['operators', () => start().operators()],
    ['operators', () => start().operators('sre', '')],
    ['operators', () => start().operators(['sre'])],
    ['flip "go".timeout', flip((f) => f.timeout('soon'))],
    ['flip "go".timeout', flip((f) => f.timeout(0))],
    ['flip "go".timeout', flip((f) => f.timeout(Number.POSITIVE_INFINITY))],
    ['flip "go".recover', flip((f) => f.recover('rollback'))],
    ['flip "go".exclusive', flip((f) => f.exclusive(1))],
    ['flip "go", guard "g"', flip((f) => f.guard('g', true))],
    ['flip "go", guard "g".timeout', flip((f) => f.guard('g', nothing, { timeout: -1 }))],
    ['flip "go", guard "g".timeuot', flip((f) => f.guard('g', nothing, { timeuot: 1 }))],
    ['flip "go", confirm "c"', flip((f) => f.confirm('c'))],
    ['flip "go", confirm "c".within', flip((f) => f.confirm('c', nothing, { within: {} }))],
    ['flip "go", confirm "c".poll', flip((f) => f.confirm('c', nothing, { poll: 0 }))],
    ['flip "go", step "s".run', flip((f) => f.step('s'))],
    ['flip "go", step "s".run', step({ run: 1 })],
    ['flip "go", step "s".undo', step({ undo: nothing })],
    ['flip "go", step "s".timeout', step({ timeout: '10 s' })],
    ['flip "go", step "s".timeout', step({ timeout: null })],
    ['flip "go", step "s".once', step({ once: 'yes' })],
    ['flip "go", step "s".irreversible', step({ irreversible: null })],
    ['flip "go", step "s".once', flip((f) => f.transact('s', { run: nothing, once: true }))],
    ['flip "go", step "s".run', flip((f) => f.transact('s', {}))],
    ['flip "go", step "s".compensate.run', flip((f) => f.transact('s', { run: nothing, compensate: {} }))],
    ['flip "go", step "s".retry', step({ retry: 3 })],
    ['flip "go", step "s".retry.attempts', step({ retry: { attempts: 0 } })],
    ['flip "go", step "s".retry.attempts', step({ retry: { attempts: null } })],
    ['flip "go", step "s".retry.cap', step({ retry: { cap: Number.NaN } })],
    ['flip "go", step "s".retry.max', step({ retry: { max: 1 } })],
    ['flip "go", step "s".compensate', step({ compensate: 'x' })],
    ['flip "go", step "s".compensate.run', step({ compensate: {} })],
    ['flip "go", step "s".compensate.timeout', step({ compensate: { run: nothing, timeout: 'x' } })],
    ['flip "go", step "s".compensate.retry.attempts', step({ compensate: { run: nothing, retry: { attempts: 1.5 } } })],
  ])('%s', (option, act) => {
    const refused = refusal(act)
    expect(refused.option).toBe(option)
    expect(refused.message).toContain(option)
  })
})

describe('an absurd name is refused', () => {
  const absurd = [
    '',
    ' ',
    'a ',
    '1a',
    'a/b',
    'a:b',
    'a\n',
    '__proto__',
    'constructor',
    'prototype',
    'xstate.stop',
    'é',
    'a'.repeat(256),
  ]

  it.each([...absurd, undefined, null, 7, {}])('for a chart, phase, flip or step: %j', (name) => {
    expect(refusal(() => untyped(name, { version: 1 })).option).toBe('the name of a chart')
    expect(refusal(() => start().phase(name)).option).toBe('the name of a phase')
    expect(refusal(() => twoPhases().flip(name, (f: UntypedFlip) => f)).option).toBe('the name of a flip')
    expect(refusal(flip((f) => f.step(name, { run: nothing }))).option).toBe('the name of a step of flip "go"')
  })

  it.each(['', '  ', 'a\nb', 'a\u0000', 'a\u2028', '\ud800', 'a'.repeat(256), 7])(
    'for a guard or confirm: %j',
    (name) => {
      expect(refusal(flip((f) => f.guard(name, nothing))).option).toBe('the name of a guard of flip "go"')
      expect(refusal(flip((f) => f.confirm(name, nothing))).option).toBe('the name of a confirm of flip "go"')
      expect(refusal(flip((f) => f.allow(name))).option).toBe('flip "go".allow')
      expect(refusal(flip((f) => f.exclusive(name))).option).toBe('flip "go".exclusive')
    },
  )

  it('but a reasonable one is not', () => {
    const named = withFlip((f) =>
      f.guard('ist «Grün» 🙂', nothing).step('step 1.a_b-c', { run: nothing }).allow('on-call: db'),
    )
    expect(named.build().flips.get('go')?.guards[0]?.name).toBe('ist «Grün» 🙂')
    expect(() => start().phase('toString', { initial: true, final: true }).build()).not.toThrow()
    expect(() => start().phase('a'.repeat(255), { initial: true, final: true }).build()).not.toThrow()
  })
})
