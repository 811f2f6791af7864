import {
  auditSinkContract,
  checkpointSinkContract,
  journalContract,
  lockContract,
  transactContract,
} from 'phasegate/testing'
import { describe, test } from 'vitest'
import { checkpointsHarness, journalHarness, lockHarness, sinkHarness, transactHarness } from './harnesses.ts'

describe('the journal on a tape keeps promise', () => {
  test.each(journalContract)('$promise: $name', ({ run }) => run(journalHarness()))
  test.each(transactContract)('$promise: $name', ({ run }) => run(transactHarness()))
})

describe('the lock on a Map keeps promise', () => {
  test.each(lockContract)('$promise: $name', ({ run }) => run(lockHarness()))
})

describe('the sink on a tape keeps promise', () => {
  test.each(auditSinkContract)('$promise: $name', ({ run }) => run(sinkHarness()))
})

describe('the checkpoints on a tape keep promise', () => {
  test.each(checkpointSinkContract)('$promise: $name', ({ run }) => run(checkpointsHarness()))
})
