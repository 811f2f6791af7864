import { memoryJournal, memoryLock } from '../../adapters/memory/index.ts'
import { open } from '../../audit/index.ts'
import { refuse } from '../../base/index.ts'
import { type AnyChart, deny } from '../../chart/index.ts'
import { createGate, type Gate, type Subject, type TypedChart } from '../../gate/index.ts'
import type { Head, Journal, JournalRecord } from '../../ports/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { settledClock, type VirtualClock } from '../time/index.ts'
import { type Play, type PlayedCall, played } from './cast.ts'
import { chanceOf } from './chance.ts'
import { Faults } from './faults.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Outside, SimulateSettings } from './options.ts'
import { Pacer } from './pacer.ts'
import { keyOf, type PartName, Parts } from './parts.ts'
import { journalOf, lockOf } from './ports.ts'
import { SimulatedProcess, type Witness } from './process.ts'
import { Store } from './store.ts'

/** A process with a gate in it. */
export interface Host {
  readonly process: SimulatedProcess
  readonly gate: Gate<TypedChart>
  readonly subject: Subject
}

/** Who looks on. */
export interface Onlooker extends Witness {
  /** A function of the user's begins; the call says later how it ended. */
  called(call: PlayedCall, process: SimulatedProcess): void
  recorded(record: JournalRecord): void
  readonly telemetry: Telemetry | undefined
}

/** Wall time at which every simulation begins. */
const BEGINS = Date.UTC(2026, 0, 1)
/** Turns of the loop in which fakes may answer, before time passes. */
const MOST_TURNS = 3

/** All there is in a simulation, but for its processes: time, chance, the store, and what the steps act on. */
export class World {
  readonly clock: VirtualClock
  readonly pacer: Pacer
  readonly ledger: Ledger
  readonly random: () => number
  readonly store: Store
  readonly deps: unknown
  readonly faults: Faults = new Faults()
  readonly parts: Parts
  readonly #chart: AnyChart
  readonly #settings: SimulateSettings
  readonly #onlooker: Onlooker
  readonly #replaced: ReadonlyMap<string, Play>
  #processes = 0

  constructor(chart: AnyChart, settings: SimulateSettings, onlooker: Onlooker) {
    this.#chart = chart
    this.#settings = settings
    this.#onlooker = onlooker
    const settle = (): Promise<void> => this.#settle()
    this.clock = settledClock(BEGINS, settle)
    this.pacer = new Pacer(this.clock, settle)
    this.random = chanceOf(settings.seed)
    this.ledger = createLedger()
    this.store = new Store(
      { journal: this.#journal(), lock: settings.lock ?? memoryLock({ clock: this.clock }), clock: this.clock },
      (record) => onlooker.recorded(record),
    )
    this.parts = new Parts(chart)
    this.#replaced = replacedBy(this.parts, settings)
    this.deps = made(settings.deps, this)
  }

  /** Starts a process; it recovers what dead ones have left when it is told to. */
  start(): Host {
    const process = new SimulatedProcess(`process ${++this.#processes}`, this.#onlooker)
    const { clock, faults, store } = this
    const { secrets, leaseTtlMs, subject } = this.#settings
    const chart = played(this.#chart, {
      process,
      clock,
      faults,
      replaced: this.#replaced,
      called: (call) => this.#onlooker.called(call, process),
    }) as TypedChart
    const gate = createGate(chart, {
      deps: this.deps,
      journal: journalOf(process, store),
      lock: lockOf(process, store),
      clock: process.clock(clock),
      random: this.random,
      leaseTtl: leaseTtlMs,
      secrets,
      telemetry: this.#onlooker.telemetry,
    } as Parameters<typeof createGate>[1])
    return { process, gate, subject: gate.subject(subject) }
  }

  /** Lets the leases of whoever does not renew them run out. */
  async outliveLeases(): Promise<void> {
    const { leaseTtlMs, journal } = this.#settings
    await this.pacer.advance(leaseTtlMs + 1)
    if (journal !== undefined && 'clock' in journal) await journal.clock.advance(leaseTtlMs + 1)
  }

  /** The head as the journal has it, whichever process lives. */
  head(): Promise<Head | undefined> {
    return this.store.journal.read({ chart: this.#chart.name, id: this.#settings.subject })
  }

  /** What happened to the subject, oldest first. */
  async history(): Promise<readonly JournalRecord[]> {
    const records: JournalRecord[] = []
    const ref = { chart: this.#chart.name, id: this.#settings.subject }
    for await (const sealed of this.store.journal.history(ref)) records.push(open(sealed))
    return records
  }

  #journal(): Journal {
    const { journal } = this.#settings
    if (journal === undefined) return memoryJournal({ clock: this.clock })
    return 'clock' in journal ? journal.journal : journal
  }

  /** Promises need one turn of the loop, fakes that wait for a turn a few; a real store is waited for. */
  async #settle(): Promise<void> {
    for (let turns = 0; turns < MOST_TURNS || this.store.isAsked; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function made(deps: unknown, { clock, random, ledger }: Outside): unknown {
  return typeof deps === 'function' ? (deps as (outside: Outside) => unknown)({ clock, random, ledger }) : deps
}

function replacedBy(parts: Parts, settings: SimulateSettings): ReadonlyMap<string, Play> {
  const replaced = new Map<string, Play>()
  const replace = (kind: PartName['kind'], given: Readonly<Record<string, unknown>>, option: string): void => {
    for (const [name, standIn] of Object.entries(given)) {
      const play = playOf(standIn, `${option}["${name}"]`, kind)
      const asked = kind === 'undo' ? `undo ${name}` : name
      for (const part of parts.find(asked, option, [kind])) replaced.set(keyOf(part), play)
    }
  }
  replace('step', settings.steps, 'steps')
  replace('guard', settings.guards, 'guards')
  replace('confirm', settings.confirms, 'confirms')
  replace('undo', settings.undos, 'undos')
  return replaced
}

function playOf(standIn: unknown, option: string, kind: PartName['kind']): Play {
  if (typeof standIn === 'function') return standIn as Play
  if (kind !== 'step' && kind !== 'undo' && standIn === true) return () => true
  if (kind === 'guard' && typeof standIn === 'string') return () => deny(standIn)
  return refuse(option, standIn, kind === 'guard' ? 'true, the reason of a no, or a function' : 'a function')
}
