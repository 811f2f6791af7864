import { memoryJournal, memoryLock } from '../../adapters/memory/index.ts'
import { open } from '../../audit/index.ts'
import { refuse } from '../../base/index.ts'
import { type AnyChart, deny } from '../../chart/index.ts'
import { createGate, type Gate, type Subject, type TypedChart } from '../../gate/index.ts'
import type { Head, Journal, JournalRecord } from '../../ports/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { settledClock, type VirtualClock } from '../time/index.ts'
import { type Play, type PlayedCall, played, type Scene } from './cast.ts'
import { chanceOf } from './chance.ts'
import { Faults } from './faults.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Outside, SimulateSettings } from './options.ts'
import { Pacer } from './pacer.ts'
import { keyOf, type PartName, type Parts, partsIn } from './parts.ts'
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
  /** Of a store that does not live by the simulation's clock. */
  readonly #storeTime: { advance(ms: number): Promise<void> } | undefined
  readonly #processes: SimulatedProcess[] = []

  constructor(chart: AnyChart, settings: SimulateSettings, onlooker: Onlooker) {
    this.#chart = chart
    this.#settings = settings
    this.#onlooker = onlooker
    const settle = (): Promise<void> => this.#settle()
    this.clock = settledClock(BEGINS, settle)
    this.pacer = new Pacer(this.clock, settle)
    this.random = chanceOf(settings.seed)
    this.ledger = createLedger()
    const { journal, clock: storeTime } = journalIn(settings.journal, this.clock)
    this.#storeTime = storeTime
    this.store = new Store(
      { journal, lock: settings.lock ?? memoryLock({ clock: this.clock }), clock: this.clock },
      (record) => onlooker.recorded(record),
    )
    this.parts = partsIn(chart)
    this.#replaced = replacedBy(this.parts, settings)
    this.deps = made(settings.deps, this)
  }

  /** Starts a process; it recovers what dead ones have left when it is told to. */
  start(name?: string): Host {
    const process = new SimulatedProcess(name ?? `process ${this.#processes.length + 1}`, this.#onlooker)
    this.#processes.push(process)
    const { store } = this
    const { secrets, leaseTtlMs, subject } = this.#settings
    const gate = createGate(
      played(this.#chart) as TypedChart,
      {
        deps: this.#scene(process),
        journal: journalOf(process, store),
        lock: lockOf(process, store),
        clock: process.clock(this.clock),
        random: this.random,
        leaseTtl: leaseTtlMs,
        secrets,
        telemetry: this.#onlooker.telemetry,
      } as unknown as Parameters<typeof createGate>[1],
    )
    return { process, gate, subject: gate.subject(subject) }
  }

  /** Lets the leases of whoever does not renew them run out. */
  async outliveLeases(): Promise<void> {
    const ms = this.#settings.leaseTtlMs + 1
    await this.pacer.advance(ms)
    await this.#storeTime?.advance(ms)
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

  #scene(process: SimulatedProcess): Scene {
    const { clock, deps, faults } = this
    const called = (call: PlayedCall): void => this.#onlooker.called(call, process)
    return { process, clock, deps, faults, replaced: this.#replaced, called }
  }

  /** Promises need one turn of the loop, fakes that wait for a turn a few; a real store is waited for. */
  async #settle(): Promise<void> {
    for (let turns = 0; turns < 1 || this.#mayGoOn(turns); turns++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #mayGoOn(turns: number): boolean {
    return this.store.isAsked || (turns < MOST_TURNS && this.#processes.some(({ isWaiting }) => isWaiting))
  }
}

function journalIn(
  given: SimulateSettings['journal'],
  clock: VirtualClock,
): { readonly journal: Journal; readonly clock?: { advance(ms: number): Promise<void> } } {
  const found = typeof given === 'function' ? given(clock) : given
  if (found === undefined) return { journal: memoryJournal({ clock }) }
  return 'journal' in found ? found : { journal: found }
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
