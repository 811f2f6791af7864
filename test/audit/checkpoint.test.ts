import { describe, expect, test } from 'vitest'
import { makeCheckpoint, parseCheckpoint, resumeCheckpoints, signer } from '../../src/audit/checkpoint.ts'
import { sha256 } from '../../src/audit/digest.ts'
import { Heads } from '../../src/audit/heads.ts'
import { newSigningKey, parseVerifier } from '../../src/audit/keys.ts'
import { judgeNote, parseNote } from '../../src/audit/note.ts'
import type { LogTip } from '../../src/ports/index.ts'

const NAME = 'example.com/doors'
const one = newSigningKey(NAME)
const two = newSigningKey(NAME)
const AT = Date.UTC(2026, 10, 21, 10)

function tip(id: string, n: number): LogTip {
  return { log: `door/${id}`, n, hash: sha256(`${id} ${n}`) }
}

function rootOver(tips: readonly LogTip[]): string {
  const heads = new Heads()
  heads.apply(tips)
  return Buffer.from(heads.root()).toString('base64')
}

function signersOf(note: string): unknown {
  const parsed = parseNote(note)
  const trust = parsed && judgeNote(parsed, [parseVerifier(one.verifier, 'key'), parseVerifier(two.verifier, 'key')])
  return trust?.type === 'trusted' ? trust.by.map(({ text }) => text) : trust?.type
}

function said(note: string) {
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '')
  return checkpoint && { ...checkpoint, root: Buffer.from(checkpoint.root).toString('base64') }
}

describe('a checkpoint', () => {
  test('is a signed note over the ends of all logs', () => {
    const tips = [tip('b', 2), tip('a', 7)]
    const { checkpoint } = makeCheckpoint(tips, undefined, signer(one.key), AT)
    const text = `${NAME}\n2\n${rootOver(tips)}\nseq 1\nprev -\ntime 2026-11-21T10:00:00.000Z\n`
    expect(parseNote(checkpoint.note)?.text).toBe(text)
    expect(signersOf(checkpoint.note)).toEqual([one.verifier])
    expect(checkpoint).toMatchObject({ changed: tips, complete: true })
  })

  test('of no logs vouches for that', () => {
    const { checkpoint } = makeCheckpoint([], undefined, signer(one.key), AT)
    expect(said(checkpoint.note)).toMatchObject({ size: 0, seq: 1, at: AT })
  })

  test('names the one before it, and carries only what has changed', () => {
    const first = makeCheckpoint([tip('a', 1), tip('b', 2)], undefined, signer(one.key), AT)
    const tips = [tip('a', 1), tip('b', 3), tip('c', 1)]
    const { checkpoint } = makeCheckpoint(tips, first.state, signer(one.key), AT + 1)
    expect(checkpoint).toMatchObject({ changed: [tip('b', 3), tip('c', 1)], complete: false })
    expect(said(checkpoint.note)).toMatchObject({ seq: 2, prev: sha256(first.checkpoint.note), root: rootOver(tips) })
  })

  test('is complete again after a restart, and where a log has vanished', () => {
    const first = makeCheckpoint([tip('a', 1), tip('b', 2)], undefined, signer(one.key), AT)
    const resumed = resumeCheckpoints(first.checkpoint.note)
    expect({ ...resumed, heads: first.state.heads }).toEqual(first.state)
    const tips = [tip('b', 2)]
    for (const state of [resumed, first.state]) {
      const { checkpoint } = makeCheckpoint(tips, state, signer(one.key), AT)
      expect(checkpoint).toMatchObject({ changed: tips, complete: true })
      expect(said(checkpoint.note)).toMatchObject({ seq: 2, size: 1, root: rootOver(tips), rotate: undefined })
    }
  })

  test('says when another key takes over, and the old one vouches for it once', () => {
    const first = makeCheckpoint([], undefined, signer(one.key), AT)
    const second = makeCheckpoint([], first.state, signer(two.key, one.key), AT)
    const third = makeCheckpoint([], second.state, signer(two.key, one.key), AT)
    expect(said(second.checkpoint.note)?.rotate).toEqual({ from: first.state.keyId, to: two.verifier })
    expect(signersOf(second.checkpoint.note)).toEqual([two.verifier, one.verifier])
    expect(said(third.checkpoint.note)?.rotate).toBeUndefined()
    expect(signersOf(third.checkpoint.note)).toEqual([two.verifier])
  })

  test('says so too when the old key is lost, but nobody vouches for the new one', () => {
    const first = makeCheckpoint([], undefined, signer(one.key), AT)
    const resumed = resumeCheckpoints(first.checkpoint.note)
    const second = makeCheckpoint([], resumed, signer(two.key), AT)
    expect(said(second.checkpoint.note)?.rotate).toEqual({ from: resumed.keyId, to: two.verifier })
    expect(signersOf(second.checkpoint.note)).toEqual([two.verifier])
  })

  test('is resumed only from the note of one', () => {
    for (const note of ['', 'x\n\n— a AAAAAAA=\n'])
      expect(() => resumeCheckpoints(note)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test('is signed by keys of one name', () => {
    const other = newSigningKey('example.com/windows')
    expect(() => signer(one.key, other.key)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => signer(one.verifier)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('the text of a checkpoint', () => {
  const sound = `${NAME}\n0\n${Buffer.alloc(32).toString('base64')}\nseq 1\nprev -\ntime 2026-11-21T10:00:00.000Z\n`

  test('may have lines behind those that are known', () => {
    expect(parseCheckpoint(`${sound}more of it\n`)).toMatchObject({ seq: 1, rotate: undefined })
  })

  test.each([
    sound.replace('\n0\n', '\n01\n'),
    sound.replace('\n0\n', '\n-1\n'),
    sound.replace('AAA=', ''),
    sound.replace('seq 1', 'seq 0'),
    sound.replace('seq 1', 'seq 99999999999999999999'),
    sound.replace('prev -', 'prev 12'),
    sound.replace('2026-11-21', 'yesterday'),
    sound.slice(NAME.length),
    'x\n',
  ])('is not %j', (text) => {
    expect(parseCheckpoint(text)).toBeUndefined()
  })
})
