import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type Chart,
  chart,
  type DepsOf,
  deny,
  type FlipsOf,
  type FlipTo,
  type FlipType,
  type GuardContext,
  type LegalFrom,
  type PhasesOf,
  policy,
  type TxOf,
} from '../../src/chart/index.ts'
import type { upgrade } from './upgrade.ts'

type Upgrade = typeof upgrade
const phases = chart('c', { version: 1 })
  .deps<{ db: { size(): number } }>()
  .phase('a', { initial: true })
  .phase('b')
  .phase('z', { final: true })

/** A flip from "a" to "b", about to say more; and one of a chart without dependencies. */
type Ends = FlipType<'a', 'b', undefined, undefined, { [None in never]: None }>
declare const ab: FlipTo<DepsOf<ReturnType<typeof phases.build>>, 'a' | 'b' | 'z', Ends>
declare const bare: FlipTo<unknown, 'a' | 'b', Ends>

describe('a chart carries', () => {
  test('its phases, its dependencies and the flips legal from a phase', () => {
    expectTypeOf<PhasesOf<Upgrade>>().toEqualTypeOf<'serving' | 'draining' | 'stopped'>()
    expectTypeOf<keyof DepsOf<Upgrade>>().toEqualTypeOf<'lb' | 'pool'>()
    expectTypeOf<keyof FlipsOf<Upgrade>>().toEqualTypeOf<'drain' | 'restore' | 'stop'>()
    expectTypeOf<LegalFrom<Upgrade, 'serving'>>().toEqualTypeOf<'drain' | 'stop'>()
    expectTypeOf<LegalFrom<Upgrade, 'draining'>>().toEqualTypeOf<'restore' | 'stop'>()
    expectTypeOf<LegalFrom<Upgrade, 'serving' | 'draining'>>().toEqualTypeOf<'stop'>()
    expectTypeOf<LegalFrom<Upgrade, 'stopped'>>().toEqualTypeOf<never>()
  })

  test('what each flip takes and leaves', () => {
    expectTypeOf<FlipsOf<Upgrade>['drain']>().toEqualTypeOf<
      FlipType<
        'serving',
        'draining',
        { reason: string; force?: boolean | undefined },
        { reason: string; force: boolean },
        { readonly cordon: { server: string }; readonly count: number }
      >
    >()
    expectTypeOf<FlipsOf<Upgrade>['restore']['input']>().toEqualTypeOf<undefined>()
    expectTypeOf<FlipsOf<Upgrade>['stop']['from']>().toEqualTypeOf<'serving' | 'draining'>()
  })

  test('unknown dependencies when it declares none', () => {
    const bare = () => chart('c', { version: 1 }).phase('a', { initial: true, final: true }).build()
    expectTypeOf<DepsOf<ReturnType<typeof bare>>>().toEqualTypeOf<unknown>()
  })
})

describe('operators', () => {
  test('may be declared anywhere, and change nothing of what is settled', () => {
    const early = chart('c', { version: 1 }).operators('ops').deps<{ db: string }>().phase('a', { initial: true })
    const late = early.flip('go', (f) => f.from('a').to('a').allowAnyone().allow('sre')).operators('sre', 'ops')
    expectTypeOf<DepsOf<ReturnType<typeof late.build>>>().toEqualTypeOf<{ db: string }>()
    expectTypeOf<keyof FlipsOf<ReturnType<typeof late.build>>>().toEqualTypeOf<'go'>()
    // @ts-expect-error there are none
    early.operators()
    // @ts-expect-error no names
    early.operators(['ops'])
  })
})

describe('a phase', () => {
  test('is declared once', () => {
    // @ts-expect-error phase "a" is already declared
    phases.phase('a')
  })

  test('is the only initial one', () => {
    // @ts-expect-error phase "a" is initial already
    phases.phase('c', { initial: true })
    phases.phase('c', { initial: false })
  })

  test('has known options and durations', () => {
    // @ts-expect-error unknown option
    phases.phase('c', { finale: true })
    // @ts-expect-error not a duration
    phases.phase('c', { after: { soon: 'go' } })
  })

  test('is known to the flips that name it', () => {
    // @ts-expect-error unknown phase in from
    phases.flip('go', (f) => f.from('nowhere').to('b'))
    // @ts-expect-error unknown phase among several
    phases.flip('go', (f) => f.from('a', 'nowhere').to('b'))
    // @ts-expect-error unknown phase in to
    phases.flip('go', (f) => f.from('a').to('nowhere'))
  })
})

describe('a flip', () => {
  test('is declared once', () => {
    const one = phases.flip('go', (f) => f.from('a').to('b'))
    // @ts-expect-error flip "go" is already declared
    one.flip('go', (f) => f.from('a').to('b'))
  })

  test('says from, then to, then the rest', () => {
    // @ts-expect-error to before from
    phases.flip('go', (f) => f.to('b'))
    // @ts-expect-error from nothing
    phases.flip('go', (f) => f.from().to('b'))
    // @ts-expect-error steps before to
    phases.flip('go', (f) => f.from('a').step('s', { run: () => 1 }))
    // @ts-expect-error leads nowhere
    phases.flip('go', (f) => f.from('a'))
    // @ts-expect-error declares nothing
    phases.flip('go', () => undefined)
    // @ts-expect-error guards read the input: it comes before them
    ab.guard('g', () => true).input(z.string())
    phases.flip('go', (f) => f.from('a').to('b').allow('sre').timeout('1m').input(z.string()).preempt())
  })

  test('names each guard, step and confirm once', () => {
    // @ts-expect-error guard "g" is already declared
    ab.guard('g', () => true).guard('g', () => true)
    // @ts-expect-error step "s" is already declared
    ab.step('s', { run: () => 1 }).step('s', { run: () => 1 })
    // @ts-expect-error confirm "k" is already declared
    ab.confirm('k', () => true).confirm('k', () => true)
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .guard('x', () => true)
        .step('x', { run: () => 1 })
        .confirm('x', () => true),
    )
  })

  test('takes policies: of any chart where they ask for nothing, and else of those that have it', () => {
    const any = policy(({ at, actor }) => at > 0 && actor !== undefined)
    ab.guard('g', any)
    bare.guard('g', any)
    const big = policy(({ deps }: GuardContext<{ db: { size(): number } }>) => deps.db.size() > 1)
    ab.guard('g', big)
    // @ts-expect-error the chart declares no such dependencies
    bare.guard('g', big)
    ab.guard(
      'g',
      policy(({ deps, from }) => {
        expectTypeOf(from).toEqualTypeOf<'a'>()
        return deps.db.size() > 1
      }),
    )
    // @ts-expect-error not an answer of a guard
    policy(() => 'yes')
  })

  test('has known options', () => {
    // @ts-expect-error unknown option of a guard
    ab.guard('g', () => true, { timeuot: '1s' })
    // @ts-expect-error unknown option of a step
    ab.step('s', { run: () => 1, undo: () => 1 })
    // @ts-expect-error a step without run
    phases.flip('go', (f) => f.from('a').to('b').step('s', { timeout: '1s' }))
    // @ts-expect-error not a duration
    phases.flip('go', (f) => f.from('a').to('b').timeout('soon'))
    // @ts-expect-error not a way to recover
    phases.flip('go', (f) => f.from('a').to('b').recover('rollback'))
    // @ts-expect-error roles are names
    phases.flip('go', (f) => f.from('a').to('b').allow())
  })
})

describe('a guard', () => {
  test('answers with a boolean or a denial', () => {
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .guard('g', async ({ deps }) => deps.db.size() > 1 || deny('too small')),
    )
    // @ts-expect-error text is no answer
    ab.guard('g', () => 'yes')
  })

  test('sees the flip it guards', () => {
    phases.flip('go', (f) =>
      f
        .from('a', 'b')
        .to('z')
        .guard('g', ({ from, to, subject, input, actor }) => {
          expectTypeOf(from).toEqualTypeOf<'a' | 'b'>()
          expectTypeOf(to).toEqualTypeOf<'z'>()
          expectTypeOf(subject).toEqualTypeOf<string>()
          expectTypeOf(input).toEqualTypeOf<undefined>()
          expectTypeOf(actor?.roles).toEqualTypeOf<readonly string[] | undefined>()
          return true
        }),
    )
  })

  test('knows only declared dependencies', () => {
    // @ts-expect-error unknown dependency
    ab.guard('g', ({ deps }) => deps.redis.ok())
    // @ts-expect-error no dependencies at all
    bare.guard('g', ({ deps }) => deps.db.size() > 1)
  })
})

describe('a step', () => {
  test('reads the input that the schema makes', () => {
    const schema = z.object({ at: z.string().transform((text) => Number(text)) })
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .input(schema)
        .step('s', { run: ({ input }) => input.at.toFixed() }),
    )
    // @ts-expect-error the input has no such field
    ab.input(schema).step('s', { run: ({ input }) => input.when })
    // @ts-expect-error no input was declared
    ab.step('s', { run: ({ input }) => input.at })
    // @ts-expect-error not a schema
    phases.flip('go', (f) => f.from('a').to('b').input({ at: 'number' }))
  })

  test('reads the results of the steps before it, and of no other', () => {
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('one', { run: async ({ deps }) => ({ size: deps.db.size() }) })
        .step('two', {
          run: ({ outputs }) => {
            expectTypeOf(outputs).toEqualTypeOf<{ readonly one: { size: number } }>()
            return String(outputs.one.size)
          },
        })
        .confirm('k', ({ outputs }) => {
          expectTypeOf(outputs).toEqualTypeOf<{ readonly one: { size: number }; readonly two: string }>()
          return true
        }),
    )
    // @ts-expect-error unknown output
    ab.step('s', { run: ({ outputs }) => outputs.one })
    // @ts-expect-error not yet known
    ab.step('s', { run: ({ outputs }) => outputs.t }).step('t', { run: () => 1 })
  })

  test('is undone with its own result, if there is one', () => {
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('one', {
          run: async () => ({ id: 'x' }),
          compensate: ({ output, deps, stepKey }) => {
            expectTypeOf(output).toEqualTypeOf<{ id: string } | undefined>()
            expectTypeOf(deps.db.size).returns.toEqualTypeOf<number>()
            expectTypeOf(stepKey).toEqualTypeOf<string>()
          },
        })
        .step('two', {
          run: ({ outputs }) => outputs.one.id.length,
          compensate: {
            run: ({ output, outputs }) => {
              expectTypeOf(output).toEqualTypeOf<number | undefined>()
              expectTypeOf(outputs.one.id).toEqualTypeOf<string>()
            },
            timeout: '1m',
            retry: { attempts: 9 },
          },
        }),
    )
    // @ts-expect-error it may be in doubt, and then there is no result
    ab.step('s', { run: () => 'x', compensate: ({ output }) => output.length })
  })

  test('waits for the permits of declared phases only', () => {
    phases.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('s', { run: ({ drained }) => drained('a') }),
    )
    // @ts-expect-error unknown phase
    ab.step('s', { run: ({ drained }) => drained('nowhere') })
  })
})

describe('a transact step', () => {
  interface Tx {
    insert(row: string): Promise<number>
  }
  const withTx = chart('c', { version: 1 })
    .deps<{ db: { size(): number } }>()
    .transaction<Tx>()
    .phase('a', { initial: true })
    .phase('b', { final: true })

  test('gets a transaction of the declared type, and what every step gets', () => {
    const built = withTx.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('zero', { run: () => 'x' })
        .transact('one', {
          run: (tx, { deps, outputs, stepKey }) => {
            expectTypeOf(tx).toEqualTypeOf<Tx>()
            expectTypeOf(deps.db.size).returns.toEqualTypeOf<number>()
            expectTypeOf(outputs).toEqualTypeOf<{ readonly zero: string }>()
            expectTypeOf(stepKey).toEqualTypeOf<string>()
            return tx.insert('row')
          },
        })
        .step('two', { run: ({ outputs }) => outputs.one.toFixed() }),
    ).build
    type Built = ReturnType<typeof built>
    expectTypeOf<TxOf<Built>>().toEqualTypeOf<Tx>()
    expectTypeOf<FlipsOf<Built>['go']['outputs']>().toEqualTypeOf<{
      readonly zero: string
      readonly one: number
      readonly two: string
    }>()
  })

  test('is undone in a transaction, with its result, which is never in doubt', () => {
    withTx.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .transact('one', {
          run: async () => ({ id: 'x' }),
          compensate: (tx, { output }) => {
            expectTypeOf(tx).toEqualTypeOf<Tx>()
            expectTypeOf(output).toEqualTypeOf<{ id: string }>()
          },
        })
        .transact('two', {
          run: (tx) => tx.insert('row'),
          compensate: { run: (tx, { output }) => tx.insert(output.toFixed()), timeout: '1m', retry: { attempts: 9 } },
        }),
    )
  })

  test('needs a chart that says what a transaction is', () => {
    // @ts-expect-error the chart declares no transaction
    ab.transact('s', { run: () => 1 })
    // @ts-expect-error nor does one without dependencies
    bare.transact('s', { run: () => 1 })
    expectTypeOf<TxOf<Upgrade>>().toEqualTypeOf<never>()
  })

  test('has known options, and a name of its own', () => {
    withTx.flip('go', (f) => {
      const declared = f.from('a').to('b')
      // @ts-expect-error it is exactly once already
      declared.transact('s', { run: () => 1, once: true })
      // @ts-expect-error step "s" is already declared
      declared.step('s', { run: () => 1 }).transact('s', { run: () => 1 })
      // @ts-expect-error the transaction has no such method
      declared.transact('s', { run: (tx) => tx.drop() })
      return declared
    })
  })

  test('its transaction is declared before the phases, before or after the dependencies, once', () => {
    const either = chart('c', { version: 1 }).transaction<Tx>().deps<{ n: number }>().phase('a', { initial: true })
    type Either = ReturnType<typeof either.build>
    expectTypeOf<TxOf<Either>>().toEqualTypeOf<Tx>()
    expectTypeOf<DepsOf<Either>>().toEqualTypeOf<{ n: number }>()
    const alone = chart('c', { version: 1 }).transaction<Tx>().phase('a', { initial: true })
    expectTypeOf<DepsOf<ReturnType<typeof alone.build>>>().toEqualTypeOf<unknown>()
    // @ts-expect-error no transaction after a phase
    phases.transaction
    // @ts-expect-error declared already
    chart('c', { version: 1 }).transaction<Tx>().transaction
  })

  test('leaves its chart a chart', () => {
    const built = withTx.flip('go', (f) => f.from('a').to('b')).build
    expectTypeOf<ReturnType<typeof built>>().toExtend<Chart>()
  })
})

describe('build()', () => {
  const after = chart('c', { version: 1 })
    .phase('a', { initial: true, after: { '1m': 'go', '1h': 'go' } })
    .phase('z', { final: true })

  test('asks for a phase, and for an initial one', () => {
    const make = () => {
      // @ts-expect-error no phase is initial
      chart('c', { version: 1 }).build()
      // @ts-expect-error no phase is initial
      chart('c', { version: 1 }).phase('a').phase('b').build()
    }
    expectTypeOf(make).toBeFunction()
  })

  test('asks that timers name flips which can go by themselves', () => {
    const make = () => {
      // @ts-expect-error the flip is not declared
      after.build()
      const elsewhere = after.flip('back', (f) => f.from('a').to('z')).flip('go', (f) => f.from('z').to('a'))
      // @ts-expect-error the flip is not legal from the phase of the timer
      elsewhere.build()
      // @ts-expect-error the flip needs input
      after.flip('go', (f) => f.from('a').to('z').input(z.string())).build()
      after.flip('go', (f) => f.from('a').to('z')).build()
    }
    expectTypeOf(make).toBeFunction()
  })

  test('gives what the documentation calls a chart', () => {
    const built = () => after.flip('go', (f) => f.from('a').to('z')).build()
    expectTypeOf<ReturnType<typeof built>['name']>().toEqualTypeOf<'c'>()
    expectTypeOf<ReturnType<typeof built>['initial']>().toEqualTypeOf<'a' | 'z'>()
  })
})

test('dependencies are settled before the phases', () => {
  // @ts-expect-error no deps after a phase
  phases.deps
})
