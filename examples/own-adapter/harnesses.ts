import type {
  AuditSinkHarness,
  CheckpointSinkHarness,
  JournalHarness,
  LockHarness,
  TransactHarness,
} from 'phasegate/testing'
import { virtualClock } from 'phasegate/testing'
import { type Tx, tapeJournal } from './journal.ts'
import { mapLock } from './lock.ts'
import { checkpointsOn, entriesOn, tapeCheckpoints, tapeSink } from './sinks.ts'
import { tape } from './tape.ts'

// What a suite needs of an adapter: a new and empty one, the time that it lives in, and how it is opened again.

export function journalHarness(): JournalHarness {
  const clock = virtualClock()
  const kept = tape()
  const open = () => tapeJournal(kept, clock.now)
  return { journal: open(), clock, reopen: async () => open() }
}

export function transactHarness(): TransactHarness<Tx> {
  const journal = tapeJournal(tape())
  return { journal, write: async (tx, row) => tx.write(row), written: async () => journal.rows() }
}

export function lockHarness(): LockHarness {
  const clock = virtualClock()
  return { lock: mapLock(clock), clock }
}

export function sinkHarness(): AuditSinkHarness {
  const kept = tape()
  return { sink: tapeSink(kept), kept: async () => entriesOn(kept), reopen: async () => tapeSink(kept) }
}

export function checkpointsHarness(): CheckpointSinkHarness {
  const kept = tape()
  return {
    sink: tapeCheckpoints(kept),
    kept: async () => checkpointsOn(kept),
    reopen: async () => tapeCheckpoints(kept),
  }
}
