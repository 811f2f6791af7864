import type { Act, Actor } from 'phasegate'
import { describe, expect, it } from 'vitest'
import { type Access, type Declared, decideAccess } from '../../src/gate/access.ts'

// Whether roles let somebody do something: every act, with everything that can be declared, for every kind of actor.

/** Whose roles count for which act. */
const COUNT: { readonly [For in Act]: readonly ('flip' | 'operators' | 'approvers')[] } = {
  flip: ['flip'],
  cancel: ['flip', 'operators'],
  resolve: ['flip', 'operators'],
  approve: ['flip', 'operators', 'approvers'],
  force: ['operators'],
  redact: ['operators'],
  prune: ['operators'],
  breakGlass: ['operators'],
  recover: ['operators'],
}
const ACTS = Object.keys(COUNT) as readonly Act[]

const ACTORS: { readonly [who: string]: Actor | undefined } = {
  nobody: undefined,
  'an actor without roles': { id: 'kim' },
  'an actor with an empty list of roles': { id: 'kim', roles: [] },
  'one of the flip': { id: 'kim', roles: ['guest', 'sre'] },
  'an operator': { id: 'kim', roles: ['ops', 'ops'] },
  'an approver': { id: 'kim', roles: ['lead'] },
  'one who has it all': { id: 'kim', roles: ['lead', 'ops', 'sre'] },
  'one of another case': { id: 'kim', roles: ['SRE', 'Ops', 'LEAD', 'sre ', ' ops'] },
  'one who says to be the system': { id: 'System:recovery', roles: ['system'] },
  'the system': { id: 'system:timer', roles: ['system'] },
}

interface Case {
  readonly act: Act
  readonly declared: Declared
  readonly actor: Actor | undefined
}

const NONE: readonly string[] = []

function* declarations(): Generator<Declared> {
  const flips = [
    undefined,
    { allow: NONE, anyone: false },
    { allow: ['sre', 'dev'], anyone: false },
    { allow: NONE, anyone: true },
  ]
  for (const flip of flips)
    for (const operators of [NONE, ['ops']])
      for (const approvers of [NONE, ['lead']])
        for (const elsewhere of [false, true])
          for (const authorize of [false, true]) {
            const here = operators.length > 0 || approvers.length > 0 || (flip?.allow.length ?? 0) > 0
            yield { flip, operators, approvers, reserves: here || elsewhere, authorize }
          }
}

function* cases(): Generator<Case> {
  for (const act of ACTS)
    for (const declared of declarations()) for (const actor of Object.values(ACTORS)) yield { act, declared, actor }
}

function told({ act, declared, actor }: Case): string {
  return `${act} by ${JSON.stringify(actor)} where ${JSON.stringify(declared)}`
}

/** The rule once more, as a person would say it. */
function expected({ act, declared, actor }: Case): Access['type'] {
  const { flip, operators, approvers, reserves, authorize } = declared
  const roles = { flip: flip?.allow ?? NONE, operators, approvers }
  const counting = COUNT[act].flatMap((whose) => roles[whose])
  const has = counting.some((role) => actor?.roles?.includes(role))
  const isOpened = flip?.anyone === true && COUNT[act].includes('flip')
  const mayByRoles = actor?.id.startsWith('system:') || isOpened || (counting.length > 0 ? has : authorize || !reserves)
  if (!mayByRoles) return 'denied'
  return authorize ? 'ask' : 'open'
}

describe('leave', () => {
  it('is what the rule says, for every act, declaration and actor', () => {
    const all = [...cases()]
    expect(all.length).toBe(9 * 64 * 10)
    for (const one of all) {
      expect(decideAccess(one.act, one.declared, one.actor).type, told(one)).toBe(expected(one))
    }
  })

  it('is never given without authorize having been asked, where there is one', () => {
    for (const one of cases()) {
      if (!one.declared.authorize) continue
      expect(decideAccess(one.act, one.declared, one.actor).type, told(one)).not.toBe('open')
    }
  })

  it('is not given to nobody by roles alone in a chart that declares any, unless the flip is for anyone', () => {
    for (const one of cases()) {
      const { declared, actor, act } = one
      if (!declared.reserves || declared.authorize || declared.flip?.anyone === true || actor !== undefined) continue
      expect(decideAccess(act, declared, actor).type, told(one)).toBe('denied')
    }
  })

  it('is never lost by having a role more', () => {
    for (const one of cases()) {
      if (one.actor === undefined || decideAccess(one.act, one.declared, one.actor).type === 'denied') continue
      for (const role of ['sre', 'ops', 'lead', 'guest']) {
        const more = { ...one.actor, roles: [...(one.actor.roles ?? []), role] }
        expect(decideAccess(one.act, one.declared, more).type, told(one)).not.toBe('denied')
      }
    }
  })

  it('that is denied names the roles of which one would do, and none where nobody may', () => {
    for (const one of cases()) {
      const access = decideAccess(one.act, one.declared, one.actor)
      if (access.type !== 'denied') continue
      for (const role of access.needs) {
        expect(decideAccess(one.act, one.declared, { id: 'kim', roles: [role] }).type, told(one)).not.toBe('denied')
      }
      const all = { id: 'kim', roles: ['sre', 'dev', 'ops', 'lead'] }
      if (access.needs.length === 0) expect(decideAccess(one.act, one.declared, all).type, told(one)).toBe('denied')
    }
  })

  it.each<[string, { act: Act; declared: Partial<Declared>; actor?: Actor; access: Access }]>([
    ['a chart without any role is open', { act: 'force', declared: {}, access: { type: 'open' } }],
    [
      'no operators, though a flip has roles: nobody may force',
      {
        act: 'force',
        declared: { reserves: true },
        actor: { id: 'kim', roles: ['sre'] },
        access: { type: 'denied', needs: [] },
      },
    ],
    [
      'who may flip may cancel',
      {
        act: 'cancel',
        declared: { flip: { allow: ['sre'], anyone: false }, reserves: true },
        actor: { id: 'kim', roles: ['sre'] },
        access: { type: 'open' },
      },
    ],
    [
      'a flip without roles is for nobody where another has some',
      {
        act: 'flip',
        declared: { flip: { allow: [], anyone: false }, reserves: true },
        actor: { id: 'kim', roles: ['sre'] },
        access: { type: 'denied', needs: [] },
      },
    ],
    [
      'a flip for anyone is forced by operators alone',
      {
        act: 'force',
        declared: { flip: { allow: [], anyone: true }, operators: ['ops'], reserves: true },
        access: { type: 'denied', needs: ['ops'] },
      },
    ],
    [
      'authorize decides alone where no roles are declared',
      { act: 'prune', declared: { reserves: true, authorize: true }, access: { type: 'ask' } },
    ],
  ])('%s', (_, { act, declared, actor, access }) => {
    const nothing = { flip: undefined, approvers: [], operators: [], reserves: false, authorize: false }
    expect(decideAccess(act, { ...nothing, ...declared }, actor)).toEqual(access)
  })
})
