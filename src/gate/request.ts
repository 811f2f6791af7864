import { isPhasegateError, type PhasegateError, sleep, unreachable } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { type Decision, decide, holdAll, type Key, type Refusal, releaseAll, sealInput } from '../flip/index.ts'
import type { Body, BreakGlass, FlipState, FlipWatch, Head, Lease, Settled } from '../ports/index.ts'
import { adoptFlip } from './adopt.ts'
import { type Answer, aboutOf, replay, stuckError } from './answer.ts'
import { askedOf } from './asked.ts'
import type { Desk } from './desk.ts'
import { endOrTime } from './end-or-time.ts'
import { ALL_SAY_YES, type Judged, judge } from './judge.ts'
import type { FlipSettings } from './options.ts'
import * as refusal from './refusal.ts'
import { stampOf } from './version.ts'

/** A flip that somebody, or a timer, asks for: parsed, authorised. */
export interface Asking {
  readonly spec: FlipSpec
  readonly input: unknown
  readonly key: Key | undefined
  readonly settings: FlipSettings
  readonly believed: string | undefined
  readonly isTimer: boolean
  /** Who follows the call; undefined where nobody watches. */
  readonly watch: FlipWatch | undefined
}

/** A pre-empting flip waits for the one that it has cancelled, though it was not told to wait. */
const PREEMPT_WAIT_MS = 30_000
const POLL = { firstMs: 20, mostMs: 1_000 }

/** To ask for a resource that is free may take so long: beyond it, it was waited for. */
const ASKING_MS = 20

type Going = Extract<Decision, { type: 'go' }>

/** One request on its way: decided, guarded, claimed; again from the start whenever somebody else was faster. */
export class Request {
  readonly #desk: Desk
  readonly #asking: Asking
  readonly #patienceEndsMs: number
  #hasPreempted = false

  constructor(desk: Desk, asking: Asking) {
    this.#desk = desk
    this.#asking = asking
    const waitMs = asking.spec.preempt ? Math.max(asking.settings.waitMs, PREEMPT_WAIT_MS) : asking.settings.waitMs
    this.#patienceEndsMs = desk.core.engine.clock.monotonic() + waitMs
  }

  /** Ends in an answer; a refusal is one. Rejects only with what is no error of ours. */
  async answer(): Promise<Answer> {
    try {
      for (let fresh = false, rounds = 0; rounds < 1_000; rounds++) {
        const head = (fresh ? undefined : this.#desk.known) ?? (await this.#desk.head())
        const key = head.version === 0 || (!fresh && this.#mayTrustClaim) ? undefined : this.#asking.key
        const decision = this.#decide(head, key && (await this.#desk.log.settled(key.text)))
        // Only a yes may rest on what we remember: the append will check it.
        if (decision.type !== 'go' && !fresh) fresh = true
        else {
          const answer = await this.#follow(decision, head)
          if (answer !== undefined) return answer
          fresh = true
        }
      }
      throw this.#desk.endlessConflict()
    } catch (error) {
      if (isPhasegateError(error)) return { type: 'refused', error }
      throw error
    }
  }

  /**
   * A claim is refused when its key has been answered: where nothing is done before it, a new key need not be looked up.
   */
  get #mayTrustClaim(): boolean {
    const { guards, exclusive } = this.#asking.spec
    return guards.length === 0 && exclusive.length === 0
  }

  #decide(head: Head, settled: Settled | undefined): Decision {
    const { key, spec, believed, isTimer } = this.#asking
    const { engine, chart } = this.#desk.core
    const timerAt = isTimer ? engine.clock.now() : undefined
    return decide(head, settled, { flip: spec.name, key, believed, timerAt }, chart.table)
  }

  /** Undefined: decide again. */
  #follow(decision: Decision, head: Head): Promise<Answer | undefined> | Answer {
    const { spec, key } = this.#asking
    const { id, core } = this.#desk
    switch (decision.type) {
      case 'go':
        return this.#go(decision, head)
      case 'replay':
        return replay(id, decision.settled)
      case 'join':
        return this.#asking.settings.join
          ? this.#join(decision.running)
          : this.#refuse(refusal.busy(id, spec.name, decision.running))
      case 'busy':
        return this.#queue(decision.running)
      case 'mismatch':
        return this.#refuse(refusal.keyMismatch(id, spec.name, key?.text ?? '', decision.earlier))
      case 'illegal':
        return this.#refuse(refusal.illegal(id, spec.name, decision.from, decision.allowed))
      case 'elsewhere':
        return this.#refuse(refusal.elsewhere(id, this.#asking.believed ?? '', decision.phase))
      case 'early':
        return this.#refuse(refusal.illegal(id, spec.name, head.phase, Object.keys(core.chart.table[head.phase] ?? {})))
      default:
        return unreachable(decision)
    }
  }

  async #go(decision: Going, head: Head): Promise<Answer | undefined> {
    const { spec, watch } = this.#asking
    const { core } = this.#desk
    watch?.going(decision)
    const judged = spec.guards.length === 0 ? ALL_SAY_YES : await this.#judge(decision, head)
    if (judged.refused !== undefined) return this.#deny(judged.refused)
    const leases = spec.exclusive.length === 0 ? [] : await this.#hold()
    try {
      core.assertOpen()
      const taking = { spec, leases, watch: watch && (() => watch) }
      const run = await this.#desk.take(taking, head, [this.#intent(decision, judged.passed)])
      return await this.#desk.conclude(run, leases)
    } catch (error) {
      if (leases.length > 0) await releaseAll(leases)
      if (isPhasegateError(error, 'JOURNAL_CONFLICT')) return undefined
      throw error
    }
  }

  #judge({ from, to }: Going, head: Head): Promise<Judged> {
    const { spec, input, settings, watch } = this.#asking
    const { actor, breakGlass } = settings
    const asked = askedOf(this.#desk, head, { spec, input, actor, from, to, watch })
    return judge(this.#desk, spec, asked, breakGlass !== undefined)
  }

  async #hold(): Promise<readonly Lease[]> {
    const { engine, lock } = this.#desk.core
    const beganMs = engine.clock.monotonic()
    try {
      return await holdAll(lock, this.#asking.spec.exclusive, engine, Math.max(0, this.#patienceLeftMs()))
    } finally {
      const ms = engine.clock.monotonic() - beganMs
      if (ms >= ASKING_MS) this.#asking.watch?.waited(ms)
    }
  }

  #intent({ from, to, attempt }: Going, passed: BreakGlass['passed']): Body {
    const { spec, input, key, settings, watch } = this.#asking
    const { actor, breakGlass } = settings
    const { engine, chart } = this.#desk.core
    return {
      kind: 'requested',
      flipId: engine.nextId(),
      flip: spec.name,
      from,
      to,
      chart: stampOf(chart),
      input: sealInput(spec, engine.secrets, input),
      key: key?.text,
      fingerprint: key?.fingerprint,
      attempt,
      actor,
      owner: engine.owner,
      deadline: engine.clock.now() + spec.timeoutMs,
      trace: watch?.trace ?? settings.trace,
      breakGlass: breakGlass && { ...breakGlass, passed },
    }
  }

  async #deny(refused: Refusal): Promise<Answer> {
    const { spec, settings } = this.#asking
    const { actor } = settings
    await this.#desk.core.denials.note(this.#desk, { act: 'flip', flip: spec.name, actor, ...refused })
    return this.#refuse(refusal.guardRefused(this.#desk.id, spec.name, refused))
  }

  /** Somebody works on our key: their outcome is ours. If they have died, we go on in their place. */
  async #join(running: FlipState): Promise<Answer | undefined> {
    const { run, id, log } = this.#desk
    this.#asking.watch?.joined(running.trace)
    if (running.course.type === 'stuck') {
      return this.#refuse(stuckError(aboutOf(id, running), running.course.failure, undefined))
    }
    if (run?.flipId === running.id) return run.ended
    await this.#untilGone(running, Number.POSITIVE_INFINITY)
    // Whoever was there while it ran gets its outcome, also one that nobody gets later.
    const settled = running.key === undefined ? undefined : await log.settled(running.key)
    return settled?.flipId === running.id ? replay(id, settled) : undefined
  }

  async #queue(running: FlipState): Promise<Answer | undefined> {
    const { spec } = this.#asking
    // A stuck flip waits for a person: there is no use in waiting with it.
    if (this.#patienceLeftMs() <= 0 || running.course.type === 'stuck')
      return this.#refuse(refusal.busy(this.#desk.id, spec.name, running))
    if (spec.preempt && !this.#hasPreempted) await this.#preempt(running)
    const { clock } = this.#desk.core.engine
    const beganMs = clock.monotonic()
    const isGone = await this.#untilGone(running, this.#patienceEndsMs)
    this.#asking.watch?.waited(clock.monotonic() - beganMs)
    return isGone ? undefined : this.#refuse(refusal.busy(this.#desk.id, spec.name, running))
  }

  /** Emergencies do not pre-empt each other: they would for ever. */
  async #preempt(running: FlipState): Promise<void> {
    this.#hasPreempted = true
    const { spec, settings } = this.#asking
    const { actor } = settings
    if (this.#desk.core.chart.flips.get(running.flip)?.preempt === true) return
    const reason = `pre-empted by flip "${spec.name}"`
    await this.#desk.record((head) => {
      const isTurning =
        head.flip?.id !== running.id || head.flip.cancel !== undefined || head.flip.course.type !== 'forward'
      return isTurning ? undefined : [{ kind: 'cancelRequested', flipId: running.id, actor, reason }]
    })
    const { run } = this.#desk
    if (run?.flipId === running.id) run.interrupt({ type: 'turn', failure: { code: 'CANCELLED', message: reason } })
  }

  /** Whether the flip has ended before `endsMs`; it is adopted when its owner turns out to be dead. */
  async #untilGone(running: FlipState, endsMs: number): Promise<boolean> {
    const { engine } = this.#desk.core
    for (let pollMs = POLL.firstMs; ; pollMs = Math.min(POLL.mostMs, pollMs * 2)) {
      this.#desk.core.assertOpen()
      const leftMs = endsMs - engine.clock.monotonic()
      if (leftMs <= 0) return false
      const { run } = this.#desk
      if (run?.flipId === running.id) await endOrTime(run.ended, engine.clock, Math.min(leftMs, POLL.mostMs))
      else await sleep(engine.clock, Math.min(leftMs, pollMs * (0.5 + engine.random())))
      const head = await this.#desk.head()
      if (head.flip?.id !== running.id || head.flip.course.type === 'stuck') return true
      const adopted = (await this.#desk.log.isAbandoned()) ? await adoptFlip(this.#desk) : undefined
      await adopted?.ended
      if (adopted !== undefined) pollMs = POLL.firstMs / 2
    }
  }

  #patienceLeftMs(): number {
    return this.#patienceEndsMs - this.#desk.core.engine.clock.monotonic()
  }

  #refuse(error: PhasegateError): Answer {
    return { type: 'refused', error }
  }
}
