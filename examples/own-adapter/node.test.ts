import { test } from 'node:test'
import {
  auditSinkContract,
  checkpointSinkContract,
  journalContract,
  lockContract,
  transactContract,
} from 'phasegate/testing'
import { checkpointsHarness, journalHarness, lockHarness, sinkHarness, transactHarness } from './harnesses.ts'

for (const { promise, name, run } of journalContract) test(`journal ${promise}: ${name}`, () => run(journalHarness()))
for (const { promise, name, run } of transactContract) test(`journal ${promise}: ${name}`, () => run(transactHarness()))
for (const { promise, name, run } of lockContract) test(`lock ${promise}: ${name}`, () => run(lockHarness()))
for (const { promise, name, run } of auditSinkContract) test(`sink ${promise}: ${name}`, () => run(sinkHarness()))
for (const { promise, name, run } of checkpointSinkContract)
  test(`checkpoints ${promise}: ${name}`, () => run(checkpointsHarness()))
