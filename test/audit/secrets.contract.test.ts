import { randomBytes } from 'node:crypto'
import { secretKeys } from 'phasegate/audit'
import { describe, test } from 'vitest'
import { type SecretsHarness, secretsContract } from '../../src/testing/contracts/index.ts'

function harness(digestKey?: Uint8Array): SecretsHarness {
  const [old, young, other] = [randomBytes(32), randomBytes(32), randomBytes(32)]
  return {
    secrets: secretKeys({ current: '2025', keys: { 2025: old }, digestKey }),
    renewed: secretKeys({ current: '2026', keys: { 2025: old, 2026: young }, digestKey }),
    foreign: secretKeys({ current: '2025', keys: { 2025: other } }),
  }
}

describe('secret keys keep promise', () => {
  test.each(secretsContract)('$promise: $name', ({ run }) => run(harness()))
})

describe('secret keys with a key for digests keep promise', () => {
  test.each(secretsContract)('$promise: $name', ({ run }) => run(harness(randomBytes(32))))
})
