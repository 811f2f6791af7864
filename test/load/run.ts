import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../src/base/index.ts'
import { seeded } from '../chaos/random.ts'
import type { ContenderName } from './peers/index.ts'
import { type Exit, ServiceProcess } from './process.ts'
import type { Address } from './service/stage.ts'
import { Tally } from './tally.ts'
import { type Backend, MODES, type ModeName } from './traffic/index.ts'
import { type Delay, startDelay } from './wire/delay.ts'
import { straight, through, type Way } from './wire/way.ts'

/** One service under one kind of traffic, told once to end. */
export interface Cell {
  readonly contender: ContenderName
  readonly mode: ModeName
  /** Of the network, each way. */
  readonly delayMs: number
}

export interface Outcome extends Cell {
  readonly seed: string
  /** Answered in full before the signal, and after it. */
  readonly answeredBefore: number
  readonly answeredAfter: number
  /** Requests that were written and came to nothing. */
  readonly lost: readonly string[]
  /** Requests of HTTP/2 that never left the client. */
  readonly unsent: number
  readonly errors: number
  readonly refused: number
  /** How many may be refused. */
  readonly mayBeRefused: number
  readonly closes: Readonly<Record<string, number>>
  readonly echoesOwed: number
  readonly exit: Exit
  /** From the signal to the exit. */
  readonly exitMs: number
  readonly slowestMs: number
  /** How long it went on as if nothing had happened, where it says so. */
  readonly lameDuckMs: number | undefined
  readonly log: readonly string[]
}

/** Before the signal there are at least so much time and so many answers. */
const LOAD_MS = 600
const ENOUGH = 30
/** What kills a process on most platforms is a multiple of this. */
const CAP_MS = 15_000
/** Long enough for everybody to learn that nobody is there any more. */
const AFTERWARDS_MS = 400

/** Starts the services, which `file` is the program of, puts load on them, tells the first to end in the middle of it, and counts. */
export async function runOnce(file: string, cell: Cell, seed: string): Promise<Outcome> {
  const { contender, mode, delayMs } = cell
  const { protocol, traffic, mayBeRefused, backends } = MODES[mode]
  const services = Array.from({ length: backends }, () => new ServiceProcess(file, { contender, protocol }))
  const [first] = services
  if (first === undefined) throw new Error('no services')
  const network = new Network(delayMs)
  const over = new AbortController()
  try {
    const [one, ...more] = await Promise.all(services.map(async ({ address }) => network.backend(await address)))
    if (one === undefined) throw new Error('no services')
    const tally = new Tally()
    const crowd = { backends: [one, ...more], tally, random: seeded(seed), over: over.signal } as const
    const gone = traffic(crowd)
    await pause(LOAD_MS)
    while (tally.answered < ENOUGH) await pause(20)
    const answeredBefore = tally.answered
    tally.signalled()
    const { exit, ms: exitMs } = await first.terminate(CAP_MS)
    await pause(AFTERWARDS_MS)
    over.abort()
    await gone
    const { answered, lost, unsent, errors, refused, slowestMs, echoesOwed } = tally
    const counts = {
      answeredBefore,
      answeredAfter: answered - answeredBefore,
      lost,
      unsent,
      errors,
      refused,
      mayBeRefused,
    }
    const times = { exit, exitMs, slowestMs, lameDuckMs: first.summary?.ms.lameDuck }
    return { ...cell, seed, ...counts, ...times, closes: Object.fromEntries(tally.closes), echoesOwed, log: first.log }
  } finally {
    over.abort()
    network.stop()
    for (const service of services) service.kill()
  }
}

/** The ways to the services, through as much of a delay as is wanted. */
class Network {
  readonly #delayMs: number
  readonly #delays: Delay[] = []

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  async backend({ port, readiness }: Address): Promise<Backend> {
    const way = await this.#wayTo(port)
    const probed = readiness.port === port ? way : await this.#wayTo(readiness.port)
    return { way, readiness: { way: probed, path: readiness.path } }
  }

  stop(): void {
    for (const delay of this.#delays) delay.stop()
  }

  async #wayTo(target: number): Promise<Way> {
    if (this.#delayMs === 0) return straight(target)
    const delay = await startDelay({ target, delayMs: this.#delayMs, clock: systemClock })
    this.#delays.push(delay)
    return through(delay.port)
  }
}
