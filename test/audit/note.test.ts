import { describe, expect, test } from 'vitest'
import { newSigningKey, parseKey, parseVerifier, readVerifier } from '../../src/audit/keys.ts'
import { judgeNote, parseNote, signNote, type Trust } from '../../src/audit/note.ts'

// The vectors of golang.org/x/mod/sumdb/note, which C2SP signed-note was written down from.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PETERS_KEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const TEXT = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.
`
const BY_PETER =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const BY_ENOCH =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'

const peter = parseVerifier(PETER, 'key')
const enoch = parseVerifier(ENOCH, 'key')

function judge(message: string, ...trusted: Parameters<typeof judgeNote>[1]): Trust | undefined {
  const note = parseNote(message)
  return note && judgeNote(note, trusted)
}

describe('a signed note', () => {
  test('is what Go signs with the same key', () => {
    expect(signNote(TEXT, [parseKey(PETERS_KEY, 'key')])).toBe(`${TEXT}\n${BY_PETER}`)
  })

  test('by two is trusted by who trusts one of them, and unknown to who trusts neither', () => {
    const message = `${TEXT}\n${BY_PETER}${BY_ENOCH}`
    expect(parseNote(message)?.text).toBe(TEXT)
    expect(judge(message, peter, enoch)).toEqual({ type: 'trusted', by: [peter, enoch] })
    expect(judge(message, enoch)).toEqual({ type: 'trusted', by: [enoch] })
    expect(judge(message)).toEqual({ type: 'unknown' })
  })

  test('with a signature that fails is spoilt, also where another one holds', () => {
    const message = `${TEXT.replace('answer', 'ANSWER')}\n${BY_PETER}`
    expect(judge(message, peter)).toEqual({ type: 'forged', by: peter })
    expect(judge(`${TEXT}\n${BY_ENOCH}${BY_PETER.replace('x08go/ZJ', 'x08go/ZK')}`, peter, enoch)).toEqual({
      type: 'forged',
      by: peter,
    })
  })

  test('may repeat a signature, and ends its text at the last empty line', () => {
    expect(judge(`${TEXT}\n${BY_PETER}${BY_PETER}`, peter)).toEqual({ type: 'trusted', by: [peter] })
    const text = 'one\n\ntwo\n'
    const key = newSigningKey('example.com/log')
    const message = signNote(text, [parseKey(key.key, 'key')])
    expect(parseNote(message)?.text).toBe(text)
    expect(judge(message, parseVerifier(key.verifier, 'key'))).toMatchObject({ type: 'trusted' })
  })

  test.each([
    TEXT,
    `${TEXT}\n`,
    `${TEXT}\n${BY_PETER.slice(0, -1)}`,
    `\x01${TEXT}\n${BY_PETER}`,
    `${TEXT}\t\n\n${BY_PETER}`,
    `\ud800${TEXT}\n${BY_PETER}`,
    `${TEXT}\n${BY_PETER.replace('PeterNeumann', 'Bad Name')}`,
    `${TEXT}\n${BY_PETER.replace('PeterNeumann', 'Bad+Name')}`,
    `${TEXT}\n${BY_PETER.replace('—', '--')}`,
    `${TEXT}\n${BY_PETER}Unexpected line.\n`,
    `${TEXT}\n— PeterNeumann x08gow==\n`,
    `${TEXT}\n${BY_PETER.repeat(101)}`,
  ])('is not %j', (message) => {
    expect(parseNote(message)).toBeUndefined()
  })
})

describe('a key', () => {
  test('that is new signs what its verifier verifies, and nothing else', () => {
    const { key, verifier } = newSigningKey('example.com/db-upgrade')
    const parsed = parseKey(key, 'key')
    expect(parsed.verifier.text).toBe(verifier)
    const signature = parsed.sign('hi')
    expect(parseVerifier(verifier, 'key').verify('hi', signature)).toBe(true)
    expect(parseVerifier(verifier, 'key').verify('ho', signature)).toBe(false)
    expect(newSigningKey('example.com/db-upgrade').verifier).not.toBe(verifier)
  })

  test('is refused in any mangled form', () => {
    for (let from = 0; from <= PETER.length; from++) {
      for (let to = from + 1; to <= PETER.length; to++) {
        if (from !== 0 || to !== PETER.length) expect(readVerifier(PETER.slice(from, to))).toBeUndefined()
      }
    }
    for (let at = 0; at < PETER.length; at++) {
      const other = String.fromCharCode(PETER.charCodeAt(at) + 1)
      expect(readVerifier(PETER.slice(0, at) + other + PETER.slice(at + 1))).toBeUndefined()
    }
    // Too long, and of an unknown kind, each with the id that belongs to it.
    expect(readVerifier('PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==')).toBeUndefined()
    expect(readVerifier('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toBeUndefined()
  })

  test.each([PETERS_KEY.replace('c74f20a3', 'c74f20a4'), `${PETERS_KEY}A`, PETERS_KEY.slice(0, -4)])(
    'that is private is not shown when it is refused',
    (key) => {
      for (const parse of [parseKey, parseVerifier]) {
        const refusal = expect.objectContaining({
          code: 'OPTION_INVALID',
          message: expect.not.stringMatching(/AYEKFALV/),
        })
        expect(() => parse(key, 'key')).toThrow(refusal)
      }
    },
  )

  test.each(['', 'two words', 'a+b', 'a\u00a0b', 'a\nb'])('has no name like %j', (name) => {
    expect(() => newSigningKey(name)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
