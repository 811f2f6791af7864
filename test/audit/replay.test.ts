import { describe, expect, test } from 'vitest'
import {
  makeCheckpoint,
  newSigningKey,
  parseVerifier,
  Replay,
  resumeCheckpoints,
  sha256,
  signer,
} from '../../src/audit/index.ts'
import { parseKey } from '../../src/audit/keys.ts'
import { signNote } from '../../src/audit/note.ts'
import type { AuditCheckpoint, LogTip } from '../../src/ports/index.ts'

const NAME = 'example.com/doors'
const [one, two, three] = [newSigningKey(NAME), newSigningKey(NAME), newSigningKey(NAME)]
const HOUR = 3_600_000
const AT = Date.UTC(2026, 10, 21)

function tip(id: string, n: number): LogTip {
  return { log: `door/${id}`, n, hash: sha256(`${id} ${n}`) }
}

/** Checkpoints one after the other, an hour apart, over two logs that grow by turns. */
function series(...signers: readonly ReturnType<typeof signer>[]): AuditCheckpoint[] {
  let state: Parameters<typeof makeCheckpoint>[1]
  return signers.map((by, index) => {
    const made = makeCheckpoint(tipsAt(index), state, by, AT + index * HOUR)
    state = made.state
    return made.checkpoint
  })
}

const tipsAt = (index: number): LogTip[] => [
  tip('a', 1 + Math.floor((index + 1) / 2)),
  tip('b', 1 + Math.floor(index / 2)),
]
const by = (key: { readonly key: string }, ...former: readonly { readonly key: string }[]) =>
  signer(key.key, ...former.map((old) => old.key))

function replayed(checkpoints: readonly AuditCheckpoint[], ...keys: readonly { readonly verifier: string }[]) {
  const replay = new Replay(keys.map(({ verifier }) => parseVerifier(verifier, 'key')))
  const vouched = checkpoints.map((checkpoint) => replay.add(checkpoint)?.tips.length)
  return { replay, vouched, spoilt: replay.spoilt(), stale: replay.stale(AT, Number.POSITIVE_INFINITY) }
}

const four = series(by(one), by(one), by(one), by(one))
const [first, second, third, fourth] = four as [AuditCheckpoint, AuditCheckpoint, AuditCheckpoint, AuditCheckpoint]

describe('checkpoints', () => {
  test('that join and are signed hold, and tell what they vouch for', () => {
    const { replay, vouched, spoilt, stale } = replayed(four, one)
    expect({ spoilt, stale, vouched }).toEqual({ spoilt: undefined, stale: undefined, vouched: [2, 1, 1, 1] })
    expect(replay).toMatchObject({ count: 4, isAnchored: true, newest: { seq: 4, at: AT + 3 * HOUR } })
    expect(replay.heads?.get('door/b')).toEqual(tipsAt(3)[1])
  })

  test('anchor nothing where no key is trusted, but are looked at', () => {
    const { replay, spoilt } = replayed(four)
    expect(spoilt).toBeUndefined()
    expect(replay).toMatchObject({ isAnchored: false, newest: { seq: 4 } })
    expect(replayed([first, { ...second, changed: [tip('a', 9)] }]).spoilt).toMatchObject({ class: 'edited', n: 2 })
  })

  test('may come again', () => {
    const { replay, spoilt, stale } = replayed([first, second, second, first, third, ...four], one)
    expect({ spoilt, stale }).toEqual({ spoilt: undefined, stale: undefined })
    expect(replay.count).toBe(4)
  })

  test('may begin with any that is complete', () => {
    const middle = makeCheckpoint(tipsAt(2), resumeCheckpoints(second.note), by(one), AT + 2 * HOUR).checkpoint
    expect(replayed([middle], one)).toMatchObject({ spoilt: undefined, stale: undefined, vouched: [2] })
  })

  test('go on after a restart', () => {
    const again = makeCheckpoint(tipsAt(4), resumeCheckpoints(fourth.note), by(one), AT + 4 * HOUR)
    expect(replayed([...four, again.checkpoint], one)).toMatchObject({ spoilt: undefined, stale: undefined })
  })

  test('that were made beside each other both hold, and the next may follow either', () => {
    for (const beside of [resumeCheckpoints(second.note), stateAfter(2)]) {
      const twin = makeCheckpoint(tipsAt(3), beside, by(one), AT + 3 * HOUR)
      const next = makeCheckpoint(tipsAt(4), twin.state, by(one), AT + 4 * HOUR)
      expect(replayed([first, second, third, twin.checkpoint, fourth], one)).toMatchObject({
        spoilt: undefined,
        stale: undefined,
      })
      expect(replayed([first, second, third, twin.checkpoint, next.checkpoint], one)).toMatchObject({
        spoilt: undefined,
        stale: undefined,
      })
    }
  })

  test('that come late hold by themselves or not at all', () => {
    const complete = makeCheckpoint(tipsAt(3), resumeCheckpoints(second.note), by(one), AT + 3 * HOUR).checkpoint
    const partial = makeCheckpoint(tipsAt(3), stateAfter(2), by(one), AT + 3 * HOUR).checkpoint
    expect(replayed([...four, complete], one)).toMatchObject({ spoilt: undefined, vouched: [2, 1, 1, 1, 2] })
    expect(replayed([...four, partial], one).spoilt).toMatchObject({ class: 'forked', n: 3 })
  })
})

function stateAfter(count: number): Parameters<typeof makeCheckpoint>[1] {
  let state: Parameters<typeof makeCheckpoint>[1]
  for (let index = 0; index < count; index++)
    state = makeCheckpoint(tipsAt(index), state, by(one), AT + index * HOUR).state
  return state
}

describe('the fault of checkpoints', () => {
  const replaced = (what: AuditCheckpoint, from: string | RegExp, to: string): AuditCheckpoint => ({
    ...what,
    note: what.note.replace(from, to),
  })
  const forged = series(by(three), by(three), by(three), by(three)) as typeof four
  const otherwise = makeCheckpoint([tip('a', 7), tip('b', 1)], stateAfter(2), by(one), AT).checkpoint

  const spoilt: readonly (readonly [string, readonly AuditCheckpoint[], string, number])[] = [
    ['one that was edited', [first, replaced(second, 'T01', 'T02'), third], 'edited', 2],
    ['one that is no note', [first, { ...second, note: 'x' }], 'edited', 2],
    ['one of another name', [first, series(by(newSigningKey('example.com/x')))[0] ?? first], 'edited', 1],
    ['heads that were not signed', [first, { ...second, changed: [tip('a', 9)] }], 'edited', 2],
    ['a log left out of a complete one', [{ ...first, changed: first.changed.slice(1) }], 'edited', 1],
    ['all signed by somebody else', forged, 'edited', 1],
    [
      'the newest signed by somebody else',
      [first, makeCheckpoint(tipsAt(1), resumeCheckpoints(first.note), by(three), AT).checkpoint],
      'edited',
      2,
    ],
    ['one beside another, signed by somebody else', [first, ...forged.slice(0, 1), second], 'edited', 1],
    ['one beside another, that vouches for something else', [first, second, third, otherwise], 'forked', 3],
    ['one of a number that is past, signed by somebody else', [...four, ...forged.slice(1, 2)], 'edited', 2],
  ]
  test.each(spoilt)('%s is found', (_name, checkpoints, kind, n) => {
    expect(replayed(checkpoints, one).spoilt).toMatchObject({ class: kind, log: 'checkpoints', n })
  })

  const stale: readonly (readonly [string, readonly AuditCheckpoint[], number])[] = [
    ['one missing in the middle', [first, third, fourth], 2],
    ['the first missing', [second, third, fourth], 2],
    [
      'one replaced by another that is complete',
      [
        first,
        makeCheckpoint(tipsAt(1), resumeCheckpoints(fourth.note.replace('seq 4', 'seq 1')), by(one), AT).checkpoint,
      ],
      2,
    ],
  ]
  test.each(stale)('%s is found', (_name, checkpoints, n) => {
    expect(replayed(checkpoints, one).stale).toMatchObject({ class: 'stale', log: 'checkpoints', n })
  })

  test('signed by a key of another name is found, also by who trusts that one', () => {
    const other = newSigningKey('example.com/windows')
    const text = first.note.slice(0, first.note.indexOf('\n\n') + 1)
    const note = signNote(text, [parseKey(other.key, 'key')])
    expect(replayed([{ ...first, note }], other).spoilt).toMatchObject({ class: 'edited', n: 1 })
  })

  test('that the newest are missing is found by age alone', () => {
    const { replay } = replayed([first, second], one)
    expect(replay.stale(AT + 2 * HOUR, 2 * HOUR)).toBeUndefined()
    expect(replay.stale(AT + 4 * HOUR, 2 * HOUR)).toMatchObject({ class: 'stale', n: 2 })
    expect(replayed([], one).replay.stale(AT, HOUR)).toMatchObject({ class: 'stale', n: 1 })
  })

  test('after a gap is none of what a complete one vouches for', () => {
    const complete = makeCheckpoint(tipsAt(3), resumeCheckpoints(third.note), by(one), AT + 3 * HOUR).checkpoint
    expect(replayed([first, third, complete], one).vouched).toEqual([2, undefined, 2])
  })
})

describe('a rotation', () => {
  const rotated = series(by(one), by(one), by(two, one), by(two))

  test('is followed by who trusts the old key, and needs no other than the new one', () => {
    for (const keys of [[one], [two], [one, two]])
      expect(replayed(rotated, ...keys)).toMatchObject({
        spoilt: undefined,
        replay: { isAnchored: true, newest: { seq: 4 } },
      })
    expect(replayed(rotated, three).spoilt).toMatchObject({ class: 'edited', n: 1 })
  })

  test('ends the trust in the old key', () => {
    const [, , third] = rotated
    const stolen = makeCheckpoint(tipsAt(3), resumeCheckpoints(third?.note ?? ''), by(one), AT + 3 * HOUR).checkpoint
    expect(replayed([...rotated.slice(0, 3), stolen], one, two).spoilt).toMatchObject({ class: 'edited', n: 4 })
  })

  test('that the old key did not sign is no rotation to who trusts only that one', () => {
    const alone = series(by(one), by(two), by(two))
    expect(replayed(alone, one).spoilt).toMatchObject({ class: 'edited', n: 2 })
    expect(replayed(alone, two).spoilt).toBeUndefined()
    expect(replayed(alone, one, two).spoilt).toBeUndefined()
  })

  test('to a key that did not sign is none', () => {
    const [begin] = rotated
    const state = { ...resumeCheckpoints(begin?.note ?? ''), keyId: 'ffffffff' }
    const { checkpoint } = makeCheckpoint(tipsAt(1), state, by(one), AT)
    const text = checkpoint.note.slice(0, checkpoint.note.indexOf('\n\n') + 1)
    const other = text.replace(/^rotate .*$/m, `rotate ffffffff ${two.verifier}`)
    const note = signNote(other, [parseKey(one.key, 'key')])
    expect(replayed([begin ?? checkpoint, { ...checkpoint, note }], one).spoilt).toMatchObject({
      class: 'edited',
      n: 2,
    })
  })

  test('may come twice', () => {
    const twice = series(by(one), by(two, one), by(three, two, one), by(three))
    for (const keys of [[one], [two], [three]]) expect(replayed(twice, ...keys).spoilt).toBeUndefined()
  })
})
