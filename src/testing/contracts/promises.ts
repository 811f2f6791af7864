import type { PortPromise } from './port-promise.ts'

// The words are those of the ports' documentation; a test holds them equal.

/** What every journal promises. 15 and 16 are those of `TransactionalJournal`. */
export const journalPromises: readonly PortPromise[] = [
  { promise: 1, text: '`append` stores records, head and settled outcome together, or nothing.' },
  {
    promise: 2,
    text: 'It is refused with `JOURNAL_CONFLICT`, and nothing is stored, unless the stored version and epoch are the expected ones (0 and 0 for a subject never written), and unless no outcome of the attempt that it claims, or of a later one, is stored against the key.',
  },
  {
    promise: 3,
    text: 'So of any number of appends that expect the same version exactly one succeeds, and no epoch older than the stored one is ever written.',
  },
  { promise: 4, text: 'An append repeated with its `opId` is stored once and answers as the first did.' },
  {
    promise: 5,
    text: "When `append` has resolved, the records survive whatever the adapter's page says they survive.",
  },
  {
    promise: 6,
    text: 'An append whose outcome is not known rejects with `OUTCOME_UNKNOWN`; one that surely stored nothing with `JOURNAL_FAILED`. Every call settles: an adapter bounds its own waiting for a store that does not answer.',
    unshown:
      'It takes a store that fails, or falls silent, in the middle of an append: only you know how to make yours do so.',
  },
  { promise: 7, text: '`read` gives the head that the last stored append left, or undefined.' },
  { promise: 8, text: '`settled` gives the last outcome stored against the key, until an append says to forget it.' },
  {
    promise: 9,
    text: '`history` gives every record once, in order, as a chain; `from` and `to` are record numbers, both included.',
  },
  {
    promise: 10,
    text: "`renew` prolongs the lease and answers true while `epoch` is the stored one and the lease has not run out by the store's clock; otherwise it changes nothing and answers false.",
  },
  {
    promise: 11,
    text: "`abandoned` names subjects whose flip in progress is not stuck and holds no live lease; `due` those whose earliest timer has run out by the store's clock and which have no flip in progress; `stuck` those whose flip in progress is stuck. Each at most `limit`, for one chart; `abandoned` of that one subject when `id` is given.",
  },
  { promise: 12, text: '`heads` gives every subject of a chart once.' },
  { promise: 13, text: 'Subject names are any text of 1–255 characters; two different ones never share anything.' },
  { promise: 14, text: 'After `close`, every method rejects with `JOURNAL_CLOSED`; what was acknowledged stays.' },
  {
    promise: 17,
    text: 'An append that says to `drop` records leaves them in `history` and `feed` with an empty payload, their headers and hashes as they were. Nothing else that is read from the journal says what the payloads held: the outcome that a flip stored against its key stays, without outputs and without the message of its failure, once one of its records is dropped; key and fingerprint stay. Who appends drops nothing that the head still tells: no record of a flip in progress. Numbers that there are not are refused with `OPTION_INVALID`.',
  },
  {
    promise: 18,
    text: 'Who goes on from the cursor that `feed` gave it (`undefined`: from the beginning) is given every record once, those of one subject in order, and none is ever passed over; the cursor is good for as long as the journal is. At most `limit` records, all of them acknowledged or about to be. Another text than a cursor is refused with `OPTION_INVALID`.',
  },
  { promise: 19, text: '`tips` gives the number and the hash of the last record of every subject.' },
  {
    promise: 20,
    text: '`bookmark` gives the text that was last kept under a name; `moveBookmark` keeps `to` if `from` is what is kept, and says whether it was; when it rejects, either may be kept, and `bookmark` tells. It survives what records survive.',
  },
]

/** What a journal of transactions promises besides. */
export const transactPromises: readonly PortPromise[] = [
  {
    promise: 15,
    text: '`transact` runs `work` in a transaction and stores the append that it returns in the same one. What `work` wrote through `tx` and the append are stored together, or neither is.',
  },
  {
    promise: 16,
    text: 'When `work` rejects, everything is taken back, `transact` rejects with the same, and `tx` serves nobody any more. Otherwise it answers as `append` does, but asks nothing again: after `OUTCOME_UNKNOWN`, `read` tells, and an append that expects the same version can only be stored if this one was not.',
  },
]

/** What every lock promises. */
export const lockPromises: readonly PortPromise[] = [
  { promise: 1, text: 'At most one live lease a resource.' },
  { promise: 2, text: 'Epochs of a resource grow and never repeat.' },
  { promise: 3, text: 'An expired holder can neither renew nor release its successor.' },
  {
    promise: 4,
    text: '`acquire` waits at most `waitMs`, first come first served where the store can, then rejects with `RESOURCE_BUSY`.',
  },
]

/** What every sink of audit records promises. */
export const auditSinkPromises: readonly PortPromise[] = [
  { promise: 1, text: "When `write` has resolved, the entries survive whatever the sink's page says they survive." },
  { promise: 2, text: 'An entry is kept as it came, its texts to the last character: the hash is over them.' },
  {
    promise: 3,
    text: 'Of each log every entry is kept, in order, whatever other logs are called. What comes again is taken without complaint, and kept once or again.',
  },
]

/** What every sink of checkpoints promises. */
export const checkpointSinkPromises: readonly PortPromise[] = [
  { promise: 1, text: "When `write` has resolved, the checkpoint survives whatever the sink's page says it survives." },
  { promise: 2, text: 'It is kept as it came: the note to the last character, and all that stands beside it.' },
  {
    promise: 3,
    text: 'Checkpoints are kept in the order in which they came. One that comes again is taken without complaint; one with the `seq` of another and a note of its own is kept beside it.',
  },
]

/** What all secrets promise. */
export const secretsPromises: readonly PortPromise[] = [
  {
    promise: 1,
    text: '`open` gives what `seal` was given, also after another key has come to seal from then on. Without the key nobody learns more of it from what `seal` gave than how long it is.',
  },
  {
    promise: 2,
    text: '`open` throws `SECRET_UNREADABLE` for whatever was not sealed here, was changed, or whose key is not there any more.',
  },
  {
    promise: 3,
    text: '`digest` of the same text is the same, now and after a change of keys, and tells nothing without the key.',
  },
]

/** What every clock promises. */
export const clockPromises: readonly PortPromise[] = [
  {
    promise: 1,
    text: '`now` is wall time in ms since 1970, for what people read and for timers that outlive a process.',
  },
  {
    promise: 2,
    text: '`monotonic` is ms since whenever, and never goes back: every deadline and lease is judged by it.',
  },
  {
    promise: 3,
    text: '`timer` calls `fire` once, no earlier than `ms` from now by `monotonic`, however many they are, and never before it has returned; not at all once it was stopped.',
  },
  {
    promise: 4,
    text: '`background` timers do not keep the process alive.',
    unshown: 'It takes a process that ends while such a timer is set: start one.',
  },
  { promise: 5, text: 'Timers of one length fire in the order in which they were set.' },
]
