import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { signer } from 'phasegate/audit'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../processes/start.ts'
import { phasegate } from './run.ts'

const VERIFIER = /^example\.com\/doors\+[0-9a-f]{8}\+[\w+/=]+$/

test('phasegate keygen prints a secret key and its verifier key', async () => {
  const { code, out } = await phasegate(['keygen', 'example.com/doors'])
  const [key = '', verifier = '', ...rest] = out.split('\n')
  expect({ code, rest }).toEqual({ code: 0, rest: [''] })
  expect(verifier).toMatch(VERIFIER)
  expect(signer(key).current.verifier.text).toBe(verifier)
})

test('phasegate keygen --out keeps the secret key in a file for its owner alone, and writes over none', async ({
  onTestFinished,
}) => {
  const file = join(temporaryFolder(onTestFinished), 'key')
  const args = ['keygen', 'example.com/doors', '--out', file]
  const { code, out } = await phasegate(args)
  expect({ code, out: out.trim() }).toEqual({ code: 0, out: expect.stringMatching(VERIFIER) })
  const key = readFileSync(file, 'utf8')
  expect(signer(key.trim()).current.verifier.text).toBe(out.trim())
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await phasegate(args)).toMatchObject({ code: 4, out: '' })
  expect(readFileSync(file, 'utf8')).toBe(key)
})

test.each([[], ['two words'], ['a', 'b']])('phasegate keygen %j is no way to use it', async (...args) => {
  expect(await phasegate(['keygen', ...args])).toMatchObject({ code: 2, out: '' })
})
