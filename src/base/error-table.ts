/** What went wrong while a flip was in progress; kept in its records. */
export type FailureCode =
  | 'STEP_FAILED'
  | 'STEP_TIMEOUT'
  | 'CONFIRM_TIMEOUT'
  | 'FLIP_TIMEOUT'
  | 'UNDO_FAILED'
  | 'UNDO_TIMEOUT'
  | 'CANCELLED'
  | 'IN_DOUBT'
  | 'OWNER_DIED'
  | 'RESOURCE_LOST'
  | 'FORCED'

/** What somebody may be refused leave for. */
export type Act = 'flip' | 'cancel' | 'resolve' | 'force' | 'redact' | 'prune' | 'approve' | 'breakGlass' | 'recover'

/** The facts that come with each code. A value that was refused is given as the text that shows it. */
export interface ErrorFacts {
  CHART_INVALID: { chart: string; problems: readonly { place: string; problem: string; mend: string }[] }
  MACHINE_UNFIT: { machine: string; problems: readonly { place: string; problem: string; mend: string }[] }
  OPTION_INVALID: { option: string; value: string; expected: string }
  INPUT_INVALID: { flip: string; issues: readonly { path: string; message: string }[] }
  NOT_SERIALISABLE: { path: string; found: string }
  FLIP_UNKNOWN: { flip: string; known: readonly string[] }
  FLIP_ILLEGAL: { flip: string; from: string; allowed: readonly string[] }
  FLIP_BUSY: { subject: string; flip: string; running: string; flipId: string; stuck: boolean }
  FLIP_REENTRANT: { subject: string; flip: string; inside: string }
  NOT_IN_PHASE: { subject: string; asked: string; phase: string }
  PHASE_UNKNOWN: { subject: string }
  UNAUTHORISED: {
    subject: string
    act: Act
    flip: string | undefined
    actor: string | undefined
    needs: readonly string[]
    reason: string
  }
  GUARD_REFUSED: { subject: string; flip: string; guard: string; by: 'guard' | 'policy'; reason: string }
  APPROVALS_FULL: { subject: string; flip: string; most: number }
  KEY_MISMATCH: { subject: string; key: string; earlier: string; flip: string }
  FLIP_ROLLED_BACK: {
    subject: string
    flip: string
    flipId: string
    from: string
    failure: FailureFacts
    replayed: boolean
  }
  FLIP_STUCK: { subject: string; flip: string; flipId: string; failure: FailureFacts }
  FLIP_OVERRIDDEN: { subject: string; flip: string; flipId: string; phase: string }
  FLIP_NOT_FOUND: { subject: string; flipId: string; running: string | undefined }
  FLIP_PAST_RETURN: { subject: string; flip: string; flipId: string; step: string }
  FLIP_NOT_STUCK: { subject: string; flip: string; flipId: string }
  RESOURCE_BUSY: { resource: string; waitedMs: number }
  LEASE_LOST: { resource: string; epoch: number }
  FENCED: { subject: string; epoch: number; current: number | undefined }
  CHART_VERSION: { subject: string; chart: string; stored: string; running: string }
  GATE_CLOSED: { chart: string }
  JOURNAL_CONFLICT: { subject: string; expected: string; found: string }
  JOURNAL_OWNED: { folder: string; owner: string }
  JOURNAL_UNFIT: { found: string; expected: string }
  JOURNAL_CORRUPT: { file: string; line: number; problem: string }
  JOURNAL_FAILED: { operation: string; cause: string }
  JOURNAL_CLOSED: { operation: string }
  LOCK_FAILED: { resource: string; cause: string }
  SINK_OWNED: { folder: string; owner: string }
  SINK_FAILED: { sink: string; cause: string }
  TRAIL_BEHIND: { trail: string; sinks: readonly { sink: string; cause: string }[] }
  TRAIL_CLOSED: { trail: string }
  PATHS_EXCEEDED: { chart: string; most: number }
  QUERY_FAILED: { url: string; query: string; cause: string }
  OUTCOME_UNKNOWN: { subject: string; opId: string; flipId: string | undefined }
  RECORD_NOT_FOUND: { subject: string; from: number; to: number }
  RECORD_IN_USE: { subject: string; n: number; kind: string; flipId: string | undefined }
  SECRET_UNREADABLE: { key: string; known: readonly string[]; problem: string }
  AUDIT_UNREADABLE: { cause: string }
  PROOF_FAILED: { proof: string; problems: readonly string[]; point: string | undefined; story: readonly string[] }
  SIMULATION_CRASHED: { process: string }
  SIMULATION_STALLED: { waited: string }
  STATE_UNKEYED: { path: string; found: string }
  MODEL_IMPURE: { run: readonly string[]; problem: string }
  TERMINAL: { cause: string }
}

export interface FailureFacts {
  readonly code: FailureCode
  readonly message: string
  readonly step?: string | undefined
  readonly terminal?: boolean | undefined
}

export type ErrorCode = keyof ErrorFacts

interface ErrorEntry {
  /** When it is thrown. */
  readonly means: string
  /** What to do about it. */
  readonly mend: string
}

/** Every code the library throws. `docs/errors.md` is made from this table. */
export const ERRORS: { readonly [Code in ErrorCode]: ErrorEntry } = {
  CHART_INVALID: {
    means: '`build()` found a chart that could not work. Each problem names its place.',
    mend: 'Follow the mend given with each problem.',
  },
  MACHINE_UNFIT: {
    means: '`fromMachine()` was given an XState machine that says more than a chart can. Each problem names its place.',
    mend: 'Follow the mend given with each problem.',
  },
  OPTION_INVALID: {
    means: 'An option, name or key is not of the form it must have. Nothing was done or written.',
    mend: 'Pass what `facts.expected` says.',
  },
  INPUT_INVALID: {
    means: "The input of a flip does not pass the flip's schema. Nothing was done or written.",
    mend: 'Correct the fields named in `facts.issues`.',
  },
  NOT_SERIALISABLE: {
    means: 'An input or a step result would not come back from JSON unchanged, so it cannot be recorded.',
    mend: 'Return or pass plain objects, arrays, text, finite numbers, booleans and null; turn dates into text.',
  },
  FLIP_UNKNOWN: { means: 'The chart declares no flip of this name.', mend: 'Use one of `facts.known`.' },
  FLIP_ILLEGAL: {
    means: 'The flip is declared, but not from the phase the subject is in.',
    mend: 'Flip one of `facts.allowed`, or look at `explain()` first.',
  },
  FLIP_BUSY: {
    means: 'Another flip of this subject is in progress. One at a time.',
    mend: "Pass `wait: '10s'`, cancel the other one, or — when `facts.stuck` — resolve it.",
  },
  FLIP_REENTRANT: {
    means:
      'A guard, step, confirm or compensation asked for a flip of the very subject it is working for; waiting would be a deadlock.',
    mend: 'Start it from a `flip.committed` listener, or make it a flip of another subject.',
  },
  NOT_IN_PHASE: {
    means: 'The subject is not in the phase that was asked for.',
    mend: 'Look at `facts.phase` and decide again.',
  },
  PHASE_UNKNOWN: {
    means: 'A permit was asked for before this process had ever read the phase of the subject.',
    mend: 'Await `subject.phase()` once, before the first `admit`.',
  },
  UNAUTHORISED: {
    means:
      "The act is reserved to roles that the actor does not have, or no actor was given, or the gate's `authorize` did not say yes. Nothing was done; that it was asked for is recorded.",
    mend: 'Pass `actor: { id, roles }` with one of `facts.needs`. Where that is empty, nobody may: `facts.reason` says why, and what to declare.',
  },
  GUARD_REFUSED: {
    means: 'A guard did not answer exactly `true`: it refused, threw, or took too long. Nothing was done.',
    mend: "Read `facts.reason`; try again when it holds. Where `facts.by` is 'policy', `breakGlass` passes it in an emergency.",
  },
  APPROVALS_FULL: {
    means: 'As many approvals wait on the subject as it can keep. This one was not recorded.',
    mend: 'Approve what is about to be flipped; what nobody asks for runs out by itself.',
  },
  KEY_MISMATCH: {
    means: 'The idempotency key was used before, for another flip or another input.',
    mend: 'One key for one request: make a new key, or repeat the first request exactly.',
  },
  FLIP_ROLLED_BACK: {
    means: 'The flip failed and was undone. The subject is in the phase it came from.',
    mend: '`facts.failure` and `cause` say why. Calling again is a new attempt, unless the failure was terminal.',
  },
  FLIP_STUCK: {
    means: 'The flip can go neither forward nor back by itself. Nothing is lost; it waits for a person.',
    mend: "Mend the cause, then `resolve(flipId, 'retry' | 'skip' | 'force', { actor, reason })`.",
  },
  FLIP_OVERRIDDEN: {
    means: 'While the flip was in progress an operator forced the subject into a phase.',
    mend: 'Look at the `forced` record in the history.',
  },
  FLIP_NOT_FOUND: {
    means: 'No flip of this id is in progress on the subject.',
    mend: 'Look at `facts.running` and the history.',
  },
  FLIP_PAST_RETURN: {
    means: 'The flip has passed its irreversible step and can only go forward.',
    mend: 'Wait for it, or resolve it if it gets stuck.',
  },
  FLIP_NOT_STUCK: { means: 'Only a stuck flip can be resolved.', mend: 'Cancel it, or wait.' },
  RESOURCE_BUSY: {
    means:
      'A resource, exclusive to a flip or to a routine, is held by another, or others wait for it. Nothing was done.',
    mend: 'Try later, or pass a longer `wait`.',
  },
  LEASE_LOST: {
    means:
      'This process can no longer be sure to own the flip or the resource: it was paused, or could not renew in time. Another may have taken over.',
    mend: 'Touch nothing outside any more. The outcome of a flip is in the journal.',
  },
  FENCED: {
    means: 'The subject has a newer owner; what this process wanted to record was refused.',
    mend: 'The outcome is in the journal; read it there.',
  },
  CHART_VERSION: {
    means: 'The subject was left by another version of the chart, or by another chart with the same version.',
    mend: 'Raise `version` and declare `migrate: { <stored version>: { <old phase>: <new phase> } }`; `stranded()` lists who is concerned.',
  },
  GATE_CLOSED: { means: 'The gate was closed.', mend: 'Create another gate.' },
  JOURNAL_CONFLICT: {
    means:
      'Somebody else wrote first. The runtime reads again and decides again; a caller sees this only when it never ends.',
    mend: 'Try again.',
  },
  JOURNAL_OWNED: {
    means: 'The folder of a file journal is in use by another living process.',
    mend: 'Use one process per folder, pass `wait` to take over when it ends, or use a journal for many processes.',
  },
  JOURNAL_UNFIT: {
    means:
      'The store was reached, but cannot carry the journal as it is set up: tables that are missing, of another version or from another server, or commits that are acknowledged before they are durable.',
    mend: 'Do what the message says, usually `migrate(pool)`, after a move to another server `restored()`; nothing was written.',
  },
  JOURNAL_CORRUPT: {
    means: 'A stored line is not what was written. Nothing after it is trusted, nothing was changed.',
    mend: 'Restore the file named in `facts.file`; the line is `facts.line`.',
  },
  JOURNAL_FAILED: {
    means: 'The store refused or could not write. Nothing of this append was acknowledged.',
    mend: '`facts.cause` says why (a full disk, for example). Mend it and try again.',
  },
  JOURNAL_CLOSED: { means: 'The journal was closed.', mend: 'Open another one.' },
  LOCK_FAILED: {
    means: 'The store of the lock refused, or did not answer in time. The resource is not held.',
    mend: '`facts.cause` says why. If the store granted the lease after all, nobody knows it and it runs out by itself.',
  },
  SINK_OWNED: {
    means: 'The folder of a file sink is written by another living process.',
    mend: 'Give each trail a folder of its own; two processes that deliver the same trail share a `lock`, and this ends by itself.',
  },
  SINK_FAILED: {
    means: 'A sink could not keep what it was given, or did not answer in time. It is given the same again.',
    mend: '`facts.cause` says why (a full disk, for example). Nothing is lost meanwhile: the journal has it.',
  },
  TRAIL_BEHIND: {
    means: 'Some sinks of the trail do not have all that the journal had when it was asked.',
    mend: '`facts.sinks` says which, and why. They are served when they work again.',
  },
  TRAIL_CLOSED: { means: 'The trail was closed.', mend: 'Make another one; it goes on where this one was.' },
  PATHS_EXCEEDED: {
    means: 'A chart has more simple paths than were asked for. None of them was left out in silence: there are none.',
    mend: 'Raise `most`, or walk `paths(chart).shortest`.',
  },
  QUERY_FAILED: {
    means: 'A policy asked Prometheus for a number, and none came: no answer, an error, nothing, several, or NaN.',
    mend: '`facts.cause` says why. Try `facts.query` by hand; it has to give exactly one number.',
  },
  OUTCOME_UNKNOWN: {
    means: 'The store did not answer: the write may or may not have happened.',
    mend: 'Repeat the call with the same key; it is resolved by the operation id, nothing runs twice.',
  },
  RECORD_NOT_FOUND: {
    means: 'The subject has no records of these numbers.',
    mend: 'Look at `history()`. Numbers begin at 1.',
  },
  RECORD_IN_USE: {
    means:
      'The record cannot be redacted: its flip is in progress, or it is the record of a redaction. Nothing was done.',
    mend: 'Wait until the flip has ended, or cancel it.',
  },
  SECRET_UNREADABLE: {
    means: 'A sealed value cannot be opened: its key is not among those given, or it was changed. Nothing was done.',
    mend: 'Give the gate the key named in `facts.key`. If it was thrown away on purpose, the value is gone: resolve or force the flip.',
  },
  AUDIT_UNREADABLE: {
    means: 'What was to be verified could not be read: nothing is known about it.',
    mend: '`facts.cause` says why. Mend that and verify again.',
  },
  PROOF_FAILED: {
    means:
      'A proof of `phasegate/testing` has found a way in which the chart, or what its steps act on, does not hold.',
    mend: 'The message says what was found, where, and how to see it again.',
  },
  SIMULATION_CRASHED: {
    means: 'The simulated process that was asked is dead: a test has killed it.',
    mend: '`restart()` starts another one, `recover()` finishes what the dead one has left.',
  },
  SIMULATION_STALLED: {
    means: 'In a simulation something is waited for that no timer and no promise can bring about.',
    mend: 'What the steps wait for has to come from the fakes of the test or from its virtual clock; real time does not pass.',
  },
  STATE_UNKEYED: {
    means: 'A state of a model that is explored holds something that cannot be compared exactly, or its key is no key.',
    mend: 'Make states of plain objects, arrays, Map, Set and primitives; or give the model a `key` of text or a number.',
  },
  MODEL_IMPURE: {
    means: 'A model that is explored gave something else when it was run again: nothing can be said of it.',
    mend: 'Let `actions` and `next` depend on nothing but what they are given, and return new states instead of changing old ones.',
  },
  TERMINAL: {
    means: 'Thrown by a step through `terminal(error)`: trying again would not help.',
    mend: 'It is replayed to everybody who repeats the key.',
  },
}
