import { ERRORS, type ErrorCode, isPhasegateError, PhasegateError, terminal } from 'phasegate'
import { expect, test, vi } from 'vitest'
import { messageOf } from '../../src/base/index.ts'

const facts = { flip: 'stop', from: 'active', allowed: ['drain'] }
const make = (cause?: unknown) =>
  new PhasegateError('FLIP_ILLEGAL', 'cannot flip "stop" from "active"; allowed: drain', facts, { cause })

test('an error has a code, facts, a message, and what caused it', () => {
  const cause = new Error('why')
  const error = make(cause)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'PhasegateError', code: 'FLIP_ILLEGAL', facts, cause })
  expect(error.stack).toContain('errors.test.ts')
})

test('loggers print its code, message and facts', () => {
  const error = make()
  expect(JSON.parse(JSON.stringify(error))).toEqual({ code: 'FLIP_ILLEGAL', message: error.message, facts })
})

test('an error is told apart by its code', () => {
  expect(isPhasegateError(make())).toBe(true)
  expect(isPhasegateError(make(), 'FLIP_ILLEGAL')).toBe(true)
  expect(isPhasegateError(make(), 'FLIP_BUSY')).toBe(false)
})

test.each([undefined, null, 'FLIP_ILLEGAL', new Error('x'), { code: 'FLIP_ILLEGAL', facts }, Object.create(null)])(
  '%o is no error of ours',
  (other) => expect(isPhasegateError(other)).toBe(false),
)

test('an error of another copy of the library is recognised', async () => {
  vi.resetModules()
  const other = await import('../../src/base/errors.ts')
  expect(other.PhasegateError).not.toBe(PhasegateError)
  const foreign = new other.PhasegateError('FLIP_ILLEGAL', 'x', facts)
  expect(foreign).not.toBeInstanceOf(PhasegateError)
  expect(isPhasegateError(foreign, 'FLIP_ILLEGAL')).toBe(true)
  expect(other.isPhasegateError(make())).toBe(true)
})

test('the brand is no property that a logger would print or a copy would carry', () => {
  expect(Object.keys(make()).sort()).toEqual(['code', 'facts', 'name'])
  expect(isPhasegateError({ ...make() })).toBe(false)
})

test('a terminal error keeps what it wraps', () => {
  const cause = new Error('the image does not exist')
  const error = terminal(cause)
  expect(isPhasegateError(error, 'TERMINAL')).toBe(true)
  expect(error).toMatchObject({ message: cause.message, cause, facts: { cause: cause.message } })
  expect(terminal('gone').message).toBe('gone')
})

test('every code says what it means and what to do about it', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    expect(code).toMatch(/^[A-Z][A-Z_]+$/)
    for (const sentence of [ERRORS[code].means, ERRORS[code].mend]) expect(sentence).toMatch(/^[\p{Lu}`].*[.:)]$/u)
  }
})

test('whatever was thrown has a message, of well-formed text', () => {
  const odd = Object.assign(new Error('x'), { message: 7 })
  const thrown = [new Error('a'), 'b', undefined, 7n, Symbol('c'), odd, new Error('d\ud83d'), Object.create(null)]
  expect(thrown.map(messageOf)).toEqual([
    'a',
    'b',
    'undefined',
    '7',
    'Symbol(c)',
    '7',
    'd\ufffd',
    'a value without text',
  ])
})
