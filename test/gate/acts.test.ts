import type { FlipOptions, Subject } from 'phasegate'
import { expect, test } from 'vitest'
import { kinds, records } from './stage.ts'
import { code, guest, keeper, open, reason, stuck, unlocking, warden } from './vault.ts'

// Every act needs leave of its own.

type Asked = Pick<Subject, 'flip' | 'approve' | 'cancel' | 'resolve' | 'force' | 'redact' | 'prune'>
type Actor = FlipOptions['actor']

/** What can be asked for, of whom it needs the leave, and who may. */
const ACTS: readonly {
  readonly act: string
  readonly flip: string | undefined
  readonly needs: readonly string[]
  readonly may: readonly Actor[]
  readonly set: () => Promise<{ readonly vault: unknown; readonly flipId?: string }>
  readonly ask: (subject: Asked, actor: Actor, flipId: string) => Promise<unknown>
}[] = [
  {
    act: 'flip',
    flip: 'unlock',
    needs: ['keeper', 'deputy'],
    may: [keeper, { id: 'dee', roles: ['guest', 'deputy'] }],
    set: async () => open(),
    ask: (subject, actor) => subject.flip('unlock', code, { actor }),
  },
  {
    act: 'approve',
    flip: 'unlock',
    needs: ['keeper', 'deputy', 'warden', 'director'],
    may: [keeper, warden, { id: 'dot', roles: ['director'] }],
    set: async () => open(),
    ask: (subject, actor) => subject.approve('unlock', code, { actor: actor ?? guest, reason }),
  },
  {
    act: 'breakGlass',
    flip: 'unlock',
    needs: ['warden'],
    may: [warden],
    set: async () => open(),
    ask: (subject, actor) =>
      subject.flip('unlock', code, { actor: keeper, breakGlass: { actor: actor ?? guest, reason } }),
  },
  {
    act: 'cancel',
    flip: 'unlock',
    needs: ['keeper', 'deputy', 'warden'],
    may: [keeper, warden],
    set: unlocking,
    ask: (subject, actor, flipId) => subject.cancel(flipId, { actor, reason }),
  },
  {
    act: 'resolve',
    flip: 'unlock',
    needs: ['keeper', 'deputy', 'warden'],
    may: [keeper, warden],
    set: stuck,
    ask: (subject, actor, flipId) => subject.resolve(flipId, 'force', { actor: actor ?? guest, reason }),
  },
  {
    act: 'force',
    flip: undefined,
    needs: ['warden'],
    may: [warden],
    set: async () => open(),
    ask: (subject, actor) => subject.force('open', { actor: actor ?? guest, reason }),
  },
  {
    act: 'redact',
    flip: undefined,
    needs: ['warden'],
    may: [warden],
    set: async () => {
      const all = open()
      await all.vault.flip('look')
      return all
    },
    ask: (subject, actor) => subject.redact(1, { actor: actor ?? guest, reason }),
  },
  {
    act: 'prune',
    flip: undefined,
    needs: ['warden'],
    may: [warden],
    set: async () => {
      const all = open()
      await all.vault.flip('look')
      return all
    },
    ask: (subject, actor) => subject.prune({ actor: actor ?? guest, reason, olderThan: 0 }),
  },
]

for (const { act, flip, needs, may, set, ask } of ACTS) {
  test(`${act} is refused to whoever has none of the roles: nothing is done, and the attempt is recorded`, async () => {
    const { vault, flipId = '' } = await set()
    const subject = vault as Subject
    const before = await records(subject)
    const state = await subject.state()
    await expect(ask(subject, guest, flipId)).rejects.toMatchObject({
      code: 'UNAUTHORISED',
      facts: { subject: 'vault-1', act, flip, actor: 'gus', needs },
    })
    const [denied, ...more] = (await records(subject)).slice(before.length)
    expect(more).toEqual([])
    expect(denied).toMatchObject({ kind: 'denied', act, actor: guest, by: 'authorisation', repeats: 0 })
    expect(await subject.state()).toEqual({ ...state, version: state.version + 1 })
  })

  test(`${act} is open to each of the roles`, async () => {
    for (const actor of may) {
      const { vault, flipId = '' } = await set()
      await ask(vault as Subject, actor, flipId)
      expect(await kinds(vault as Subject)).not.toContain('denied')
    }
  })
}
