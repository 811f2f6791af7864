import { type Fault, type Findings, Inspector, parseVerifier, Replay, type Verifier } from '../audit/index.ts'
import {
  type Duration,
  duration,
  flag,
  isPhasegateError,
  known,
  messageOf,
  PhasegateError,
  refuse,
  systemClock,
} from '../base/index.ts'
import type { AuditCheckpoint } from '../ports/index.ts'
import { readCheckpoints } from './files/index.ts'
import {
  type AuditedJournal,
  type Entries,
  entriesSource,
  faultOf,
  folderSource,
  journalSource,
  type Source,
} from './sources.ts'

/** What is verified, and against what. One of `folder`, `journal` and `entries` says where the records are. */
export interface VerifyOptions {
  /** A folder of `fileSink`, or of the file journal, which may be in use. @default none */
  readonly folder?: string | undefined
  /** Any journal. @default none */
  readonly journal?: AuditedJournal | undefined
  /** Entries as a sink was given them; a function that gives them is called again where one reading is not enough. @default none */
  readonly entries?: Entries | (() => Entries) | undefined
  /** A file of `fileCheckpoints`, or the checkpoints themselves, oldest first. @default none: nothing is anchored */
  readonly checkpoints?: string | Iterable<AuditCheckpoint> | AsyncIterable<AuditCheckpoint> | undefined
  /** Verifier keys whose signatures are trusted; after a rotation the newest is enough. @default none: nothing is anchored */
  readonly keys?: readonly string[] | undefined
  /** How long ago the newest checkpoint may have been made. @default any time */
  readonly maxAge?: Duration | undefined
  /** How long a record may be on its way: what only younger checkpoints vouch for need not be there. @default 0 */
  readonly lag?: Duration | undefined
  /** Go on after the first fault, and give one of each log. @default false */
  readonly all?: boolean | undefined
  /** Wall time in ms that ages are judged by. @default now */
  readonly now?: number | undefined
}

/** What came out. */
export interface VerifyReport {
  /** `ok` needs a checkpoint that a trusted key vouches for; what holds without one is `ok-unanchored`. */
  readonly verdict: 'ok' | 'ok-unanchored' | 'bad'
  /** How many records were looked at. Where it is bad, those up to the first fault. */
  readonly records: number
  readonly subjects: number
  readonly first: Fault | undefined
  /** With `all`, one of each log; otherwise the first alone. */
  readonly faults: readonly Fault[]
  /** Dropped payloads that a `redacted` record accounts for. */
  readonly redacted: number
  /** What came after the newest checkpoint: chained, and vouched for by nobody. */
  readonly uncovered: { readonly records: number; readonly subjects: number }
  /** `newest`: when the newest was made, in ISO 8601. */
  readonly checkpoints: {
    readonly count: number
    readonly seq: number | undefined
    readonly newest: string | undefined
  }
}

/**
 * Verifies an audit trail: every record sealed as it was, in its place, and the ends of all logs as signed checkpoints say.
 * Streams; it holds some hundred bytes a log and 52 for each end that a checkpoint has told.
 *
 * @throws OPTION_INVALID, AUDIT_UNREADABLE where records or checkpoints cannot be read
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const given = parse(options)
  try {
    const source = await given.source()
    const inspector = new Inspector({ mayRepeat: source.mayRepeat, all: given.all })
    const replay = new Replay(given.keys)
    const broken = await readAnchors(given, replay, inspector)
    const spoilt = broken ?? replay.spoilt()
    if (spoilt === undefined || given.all) await readRecords(source, inspector)
    return report(given, replay, inspector.finish(), spoilt)
  } catch (error) {
    throw isPhasegateError(error, 'OPTION_INVALID') ? error : unreadable(error)
  }
}

interface Given {
  readonly source: () => Source | Promise<Source>
  readonly checkpoints: Iterable<AuditCheckpoint> | AsyncIterable<AuditCheckpoint>
  readonly keys: readonly Verifier[]
  readonly maxAgeMs: number
  readonly lagMs: number
  readonly all: boolean
  readonly now: number
}

function parse(options: VerifyOptions): Given {
  const names = ['folder', 'journal', 'entries', 'checkpoints', 'keys', 'maxAge', 'lag', 'all', 'now']
  known(options, 'verify options', names)
  const { checkpoints = [], keys = [], maxAge, lag, all, now = systemClock.now() } = options
  if (!Array.isArray(keys)) refuse('keys', keys, 'a list of verifier keys')
  if (!Number.isFinite(now)) refuse('now', now, 'wall time in ms')
  return {
    source: sourceOf(options),
    checkpoints: typeof checkpoints === 'string' ? readCheckpoints(checkpoints) : checkpoints,
    keys: keys.map((key) => parseVerifier(key, 'keys')),
    maxAgeMs: maxAge === undefined ? Number.POSITIVE_INFINITY : duration(maxAge, 'maxAge', 0),
    lagMs: duration(lag, 'lag', 0),
    all: flag(all, 'all'),
    now,
  }
}

function sourceOf({ folder, journal, entries, checkpoints }: VerifyOptions): Given['source'] {
  if ([folder, journal, entries].filter((source) => source !== undefined).length !== 1)
    return refuse('verify options', { folder, journal, entries }, 'given one of folder, journal and entries')
  if (journal !== undefined) return () => journalSource(journal)
  if (entries !== undefined) return () => entriesSource(entries)
  const path = typeof folder === 'string' ? folder : refuse('folder', folder, 'a path')
  return () => folderSource(path, checkpoints !== undefined)
}

/** Reads what is vouched for; gives a fault where the checkpoints cannot be read as such. */
async function readAnchors(given: Given, replay: Replay, inspector: Inspector): Promise<Fault | undefined> {
  try {
    for await (const checkpoint of given.checkpoints) {
      const read = replay.add(checkpoint)
      const isYoung = read !== undefined && read.said.at > given.now - given.lagMs
      for (const tip of read?.tips ?? []) inspector.vouch(tip, read?.said.seq ?? 0, isYoung)
    }
    return undefined
  } catch (error) {
    return faultOf(error)
  }
}

async function readRecords(source: Source, inspector: Inspector): Promise<void> {
  try {
    for (const tip of await source.begins()) inspector.begin(tip)
  } catch (error) {
    inspector.report(faultOf(error))
  }
  for await (const reading of source.read()) {
    if (inspector.isDone) return
    if (reading.type === 'records') for (const record of reading.records) inspector.see(record)
    else if (reading.type === 'head') inspector.vouch(reading.tip, 0, false)
    else inspector.report(reading.fault)
  }
  if (inspector.hasUnfollowed && source.isLasting) await readAgain(source, inspector)
}

async function readAgain(source: Source, inspector: Inspector): Promise<void> {
  for await (const reading of source.read())
    if (reading.type === 'records') for (const record of reading.records) inspector.recheck(record)
}

function report(given: Given, replay: Replay, findings: Findings, spoilt: Fault | undefined): VerifyReport {
  const { records, subjects, redacted, uncovered } = findings
  const found = spoilt === undefined ? findings.faults : [spoilt, ...findings.faults]
  const stale = replay.stale(given.now, given.maxAgeMs)
  // That checkpoints are old says least of all: it is told where there is nothing else to tell, or everything is.
  const faults = stale === undefined || (found.length > 0 && !given.all) ? found : [...found, stale]
  const { newest } = replay
  return {
    verdict: faults.length > 0 ? 'bad' : replay.isAnchored ? 'ok' : 'ok-unanchored',
    records,
    subjects,
    first: faults[0],
    faults,
    redacted,
    uncovered,
    checkpoints: {
      count: replay.count,
      seq: newest?.seq,
      newest: newest && new Date(newest.at).toISOString(),
    },
  }
}

function unreadable(error: unknown): PhasegateError<'AUDIT_UNREADABLE'> {
  const cause = messageOf(error)
  return new PhasegateError('AUDIT_UNREADABLE', `cannot verify: ${cause}`, { cause }, { cause: error })
}
