import { describe, expect, it } from 'vitest'
import { mermaid } from '../../src/chart/index.ts'
import { nothing, twoPhases, type UntypedFlip, untyped, withFlip } from './untyped.ts'
import { upgrade } from './upgrade.ts'

describe('the diagram', () => {
  it('shows phases, flips, timers, beginning, end and what a flip does', () => {
    expect(mermaid(upgrade)).toMatchInlineSnapshot(`
      "---
      title: "db-upgrade"
      ---
      stateDiagram-v2
        serving
        draining
        stopped
        [*] --> serving
        serving --> draining : drain
        draining --> serving : restore (after 15m)
        serving --> stopped : stop
        draining --> stopped : stop
        stopped --> [*]
        note right of serving
          drain
          only: sre, deployer
          guard: peers-healthy
          step: cordon, count
          confirm: no open connections
        end note
      "
    `)
  })

  it('has every phase and an arrow for every way a flip can go', () => {
    const text = mermaid(upgrade)
    for (const [phase, row] of Object.entries(upgrade.table)) {
      for (const [flip, to] of Object.entries(row))
        expect(text).toMatch(new RegExp(`${phase} --> ${to} : ${flip}( |$)`, 'm'))
    }
  })

  it('gives an alias to a name that Mermaid would misread, and no other phase has it', () => {
    const chart = untyped('c', { version: 1 })
      .phase('end', { initial: true })
      .phase('a b')
      .phase('a_b_')
      .phase('v1.2', { final: true })
      .flip('x', (f: UntypedFlip) => f.from('end').to('a b'))
      .flip('y', (f: UntypedFlip) => f.from('a b').to('a_b_'))
      .flip('z', (f: UntypedFlip) => f.from('a_b_').to('v1.2'))
      .build()
    expect(mermaid(chart)).toMatchInlineSnapshot(`
      "---
      title: "c"
      ---
      stateDiagram-v2
        state "end" as end_
        state "a b" as a_b__
        a_b_
        state "v1.2" as v1_2_
        [*] --> end_
        end_ --> a_b__ : x
        a_b__ --> a_b_ : y
        a_b_ --> v1_2_ : z
        v1_2_ --> [*]
      "
    `)
  })

  it('keeps notes short, and characters that are syntax out of them', () => {
    const chart = withFlip((f) =>
      ['a', 'b', 'c', 'd', 'e', 'f'].reduce(
        (all, name) => all.step(name, { run: nothing }),
        f.guard('load < 80%; #1: "ok"', nothing),
      ),
    ).build()
    const text = mermaid(chart)
    expect(text).toContain('step: a, b, c, d and 2 more\n')
    expect(text).toContain('guard: load #60; 80%#59; #35;1#58; #34;ok#34;\n')
  })

  it('writes no note for a flip that does nothing on its way', () => {
    expect(
      mermaid(
        twoPhases()
          .flip('go', (f: UntypedFlip) => f.from('a').to('b'))
          .build(),
      ),
    ).not.toContain('note')
  })
})
