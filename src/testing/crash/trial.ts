import { randomUUID } from 'node:crypto'
import { messageOf, PhasegateError, refuse, terminal } from '../../base/index.ts'
import { origin } from '../../flip/index.ts'
import type { Safe } from '../../gate/index.ts'
import type { Head, JournalRecord } from '../../ports/index.ts'
import {
  allRoles,
  type Moment,
  type PlayedCall,
  type SimulatedProcess,
  Stage,
  simulationIn,
} from '../simulate/index.ts'
import type { CrashSettings, FlipRequest, Rested } from './options.ts'
import type { Disturbance, Variant } from './points.ts'
import { wayTo } from './way.ts'

/** A call of a step, confirm or undo, and when it began among the others. */
export interface SeenCall extends PlayedCall {
  readonly process: string
}

/** How a run has ended, and what it has left. */
export interface Seen {
  readonly head: Head
  readonly history: readonly JournalRecord[]
  /** Of the flip, in the order in which they began. */
  readonly calls: readonly SeenCall[]
  /** What the caller was told; undefined when nobody told it anything, because the process died. */
  readonly answer: Safe<unknown> | undefined
  /** What `observe` saw before the flip, and when all had come to rest. */
  readonly before: unknown
  readonly after: unknown
  /** The sentences that do not hold, each with what was thrown, if anything was. */
  readonly broken: readonly string[]
  /** The moments in the life of the first owner. */
  readonly moments: readonly Moment[]
  readonly story: readonly string[]
}

/** How often what was left is taken up: a resource may still be held when it is tried first. */
const MOST_RECOVERIES = 5

/** One run of the flip, in a world of its own, disturbed at one moment or not at all. */
export class Trial {
  readonly #stage: Stage
  readonly #settings: CrashSettings
  readonly #disturbance: Disturbance | undefined
  readonly #moments: Moment[] = []
  readonly #calls: SeenCall[] = []
  readonly #records: JournalRecord[] = []
  readonly #asleep: Promise<void>
  #owner: SimulatedProcess | undefined
  #fellAsleep: () => void = () => undefined

  private constructor(settings: CrashSettings, stage: Stage['settings'], disturbance: Disturbance | undefined) {
    this.#stage = new Stage(settings.chart, stage, {
      // Undisturbed, it goes through all that it goes through disturbed.
      isCounted: disturbance === undefined,
      met: (moment, process) => this.#met(moment, process),
      called: (call, { name }) => this.#owner && this.#calls.push(Object.assign(call, { process: name })),
      recorded: (record) => this.#records.push(record),
    })
    this.#settings = settings
    this.#disturbance = disturbance
    this.#asleep = new Promise((resolve) => {
      this.#fellAsleep = resolve
    })
  }

  static async run(settings: CrashSettings, variant: Variant, disturbance?: Disturbance): Promise<Seen> {
    const { journal } = settings.simulate
    // One that all runs share has the subjects of the others, and of earlier proofs.
    const isShared = journal !== undefined && typeof journal !== 'function'
    const subject = isShared ? `proof-${randomUUID()}` : settings.simulate.subject
    const trial = new Trial(settings, { ...settings.simulate, subject }, disturbance)
    try {
      return await trial.#run(variant)
    } finally {
      // What was opened for this run.
      if (typeof journal === 'function') await trial.#stage.world.store.journal.close()
    }
  }

  #met(moment: Moment, process: SimulatedProcess): void {
    if (process !== this.#owner) return
    const at = this.#moments.push(moment) - 1
    if (at !== this.#disturbance?.at) return
    if (this.#disturbance.how === 'crash') return process.kill()
    this.#stage.story.tell(process.name, `falls asleep, ${moment.when} ${moment.place}`)
    process.sleep()
    this.#fellAsleep()
  }

  async #run(variant: Variant): Promise<Seen> {
    const { flip } = this.#settings
    await this.#prepare()
    const before = await this.#observe()
    const begun = this.#stage.story.lines.length
    if (variant.fails !== undefined) this.#plan(variant.fails)
    const owner = this.#stage.world.start('owner')
    this.#owner = owner.process
    const { input, actor } = this.#request(flip.name)
    let answer: Seen['answer']
    const flipped = owner.subject.safeFlip(flip.name, input, { actor, key: 'proof' }).then((told) => {
      answer = told
    })
    await this.#until(Promise.race([flipped, owner.process.death, this.#asleep]))
    if (this.#disturbance !== undefined) await this.#takeOver()
    if (this.#disturbance?.how === 'zombie') {
      this.#stage.story.tell(owner.process.name, 'wakes up')
      owner.process.wake()
      await this.#until(flipped)
      // It may have begun the flip only now, and left it since it slept for too long.
      await this.#takeOver()
    }
    return {
      ...(await this.#rest()),
      before,
      answer,
      moments: this.#moments,
      story: this.#stage.story.lines.slice(begun),
    }
  }

  /** Brings the subject to where the flip begins. */
  async #prepare(): Promise<void> {
    const { chart, from, prepare } = this.#settings
    if (prepare !== undefined) await prepare(simulationIn(this.#stage))
    else if (from !== chart.initial) await this.#walk(wayTo(chart, from))
    const phase = (await this.#stage.world.head())?.phase ?? chart.initial
    if (phase !== from) refuse('prepare', phase, `something that leads to "${from}", where the flip begins`)
  }

  async #walk(way: readonly string[]): Promise<void> {
    const { subject } = this.#stage.world.start('set-up')
    for (const name of way) {
      const { input, actor } = this.#request(name)
      const { error } = await this.#until(subject.safeFlip(name, input, { actor }))
      if (error !== undefined) throw notThere(this.#settings, name, error)
    }
  }

  /** What is left is taken over when the lease of the first owner has run out. */
  async #takeOver(): Promise<void> {
    for (let tries = 0; tries < MOST_RECOVERIES; tries++) {
      const flip = (await this.#stage.world.head())?.flip
      if (flip === undefined || flip.course.type === 'stuck') return
      await this.#stage.world.outliveLeases()
      await this.#until(this.#stage.world.start('next owner').gate.recover())
    }
  }

  async #rest(): Promise<Pick<Seen, 'head' | 'history' | 'calls' | 'after' | 'broken'>> {
    const { chart, from } = this.#settings
    const { deps, ledger } = this.#stage.world
    const head = (await this.#stage.world.head()) ?? origin(chart, from)
    // A store of the user's is asked what it has kept.
    const history = this.#stage.settings.journal === undefined ? this.#records : await this.#stage.world.history()
    const after = await this.#observe()
    const broken = await this.#broken({ deps, ledger, history, phase: head.phase })
    return { head, history, calls: this.#calls, after, broken }
  }

  /** As it is now: what changes later is another look. */
  async #observe(): Promise<unknown> {
    return structuredClone(await this.#settings.observe(this.#stage.world.deps, this.#stage.settings.subject))
  }

  async #broken(world: Rested): Promise<readonly string[]> {
    const broken: string[] = []
    for (const [sentence, holds] of Object.entries(this.#settings.invariants)) {
      try {
        if ((await holds(world)) !== true) broken.push(`"${sentence}" does not hold in "${world.phase}"`)
      } catch (error) {
        broken.push(`"${sentence}" could not be told in "${world.phase}": ${messageOf(error)}`)
      }
    }
    return broken
  }

  #plan({ kind, name }: NonNullable<Variant['fails']>): void {
    const { faults, parts } = this.#stage.world
    const part = parts.find(`${this.#settings.flip.name}.${name}`, kind, [kind])
    const error = terminal(new Error('it was made to fail'))
    faults.plan(
      part,
      kind === 'step' ? { type: 'fail', error, late: true } : { type: 'hang' },
      Number.POSITIVE_INFINITY,
    )
  }

  #request(flip: string): FlipRequest {
    const { requests, chart } = this.#settings
    return { actor: allRoles(chart, 'proof'), ...requests[flip] }
  }

  #until<Answer>(work: Promise<Answer>): Promise<Answer> {
    return this.#stage.world.pacer.until(work, `the proof of flip "${this.#settings.flip.name}"`)
  }
}

function notThere({ flip, from }: CrashSettings, name: string, error: PhasegateError): PhasegateError<'PROOF_FAILED'> {
  const problem = `flip "${name}", on the way to "${from}", was refused: ${error.message}`
  const message = `"${flip.name}" cannot be tried: ${problem}. Say how it is asked for in requests, or lead there in prepare`
  const facts = { proof: `crashEverywhere "${flip.name}"`, problems: [problem], point: undefined, story: [] }
  return new PhasegateError('PROOF_FAILED', message, facts, { cause: error })
}
