import { messageOf, PhasegateError, unreachable } from '../../base/index.ts'
import { origin } from '../../flip/index.ts'
import type { Safe } from '../../gate/index.ts'
import type { Head, JournalRecord } from '../../ports/index.ts'
import { verify } from '../../trail/index.ts'
import { type PlayedCall, type Simulation, Stage, simulationIn } from '../simulate/index.ts'
import type { Call, Command, Trouble } from './commands.ts'
import { problemsOf, type Told } from './judge.ts'
import type { FlipsSettings } from './options.ts'
import { callText, type MadeCall, type Script, textOf } from './script.ts'

/** How often what was left is taken up at the end: a resource may still be held when it is tried first. */
const MOST_RECOVERIES = 5

type Answer = Safe<{ readonly flipId: string; readonly to: string }>

/** One run of a script, in a world of its own. */
export class Drive {
  readonly #stage: Stage
  readonly #settings: FlipsSettings
  readonly #calls: PlayedCall[] = []
  readonly #told: Told[] = []
  readonly #sim: Simulation

  private constructor(settings: FlipsSettings) {
    this.#stage = new Stage(settings.chart, settings.simulate, { called: (call) => this.#calls.push(call) })
    this.#settings = settings
    this.#sim = simulationIn(this.#stage)
  }

  /** @throws PROOF_FAILED */
  static async run(settings: FlipsSettings, script: Script): Promise<void> {
    const drive = new Drive(settings)
    const lines: string[] = []
    script.tell(lines)
    for (const command of script.commands) {
      lines.push(textOf(command))
      lines[lines.length - 1] = await drive.#do(command)
      await drive.#check(`after command ${lines.length}`)
    }
    await drive.#comeToRest()
    await drive.#check('at the end, when all has come to rest')
    await drive.#checkChain()
  }

  /** Does it, and says what it was and what came of it. */
  async #do(command: Command): Promise<string> {
    switch (command.type) {
      case 'flip':
        return this.#flip(command)
      case 'together':
        return this.#together(command.calls)
      case 'event':
        this.#stage.story.tell('outside', command.name)
        await this.#settings.events[command.name]?.({ deps: this.#stage.world.deps, phase: await this.#sim.phase() })
        return command.name
      case 'advance':
        await this.#sim.advance(command.ms)
        break
      case 'crash':
        this.#sim.restart()
        break
      case 'recover':
        await this.#sim.recover()
        break
      default:
        return unreachable(command)
    }
    return `${textOf(command)} → ${await this.#sim.phase()}`
  }

  async #flip({ call, trouble }: Extract<Command, { readonly type: 'flip' }>): Promise<string> {
    const made = await this.#make(call)
    const planned = this.#plan(made, trouble)
    const came = await this.#ask(made)
    this.#stage.world.faults.healAll()
    return `${callText(made)}${planned} → ${came}`
  }

  async #together(calls: readonly Call[]): Promise<string> {
    const made = await Promise.all(calls.map((call) => this.#make(call)))
    const came = await Promise.all(made.map((one) => this.#ask(one)))
    return `at one time: ${made.map((one, index) => `${callText(one)} → ${came[index]}`).join('; ')}`
  }

  async #make({ wish, inputs, actor, key }: Call): Promise<MadeCall> {
    const { flips, table } = this.#stage.chart
    const legal = Object.keys(table[await this.#sim.phase()] ?? {})
    const names = legal.length > 0 ? legal : [...flips.keys()]
    const flip = wish.type === 'named' ? wish.flip : (names[wish.pick % names.length] ?? '')
    return { flip, input: inputs[flip], actor, key }
  }

  /** Says what shall go wrong; nothing, where the flip has no step in which it could. */
  #plan({ flip }: MadeCall, trouble: Trouble | undefined): string {
    const steps = this.#stage.chart.flips.get(flip)?.steps ?? []
    const step = trouble && steps[trouble.pick % steps.length]
    if (step === undefined) return ''
    const part = this.#stage.world.parts.find(`${flip}.${step.name}`, 'step', ['step'])
    const plan = (fault: Parameters<Stage['world']['faults']['plan']>[1]): void =>
      this.#stage.world.faults.plan(part, fault, 1)
    switch (trouble?.how) {
      case 'fails':
      case 'fails after its effect':
        plan({ type: 'fail', error: new Error('it was made to fail'), late: trouble.how !== 'fails' })
        return `, in which step "${step.name}" ${trouble.how}`
      case 'crash before':
        plan({ type: 'crash', when: 'before' })
        return `, in which the process dies before step "${step.name}"`
      default:
        plan({ type: 'crash', when: 'after' })
        return `, in which the process dies after step "${step.name}"`
    }
  }

  async #ask(made: MadeCall): Promise<string> {
    const { flip, input, actor, key } = made
    const answer: Answer = await this.#sim.safeFlip(flip, input, { actor, key })
    if (answer.error?.code === 'SIMULATION_CRASHED') {
      this.#sim.restart()
      return 'another process starts'
    }
    this.#told.push({ key, answer })
    return answer.success ? answer.data.to : answer.error.code
  }

  async #comeToRest(): Promise<void> {
    for (let tries = 0; tries < MOST_RECOVERIES; tries++) {
      const flip = (await this.#stage.world.head())?.flip
      if (flip === undefined || flip.course.type === 'stuck') return
      await this.#sim.recover()
    }
  }

  async #check(when: string): Promise<void> {
    const { chart, world } = this.#stage
    const head = (await world.head()) ?? origin(chart, chart.initial)
    const history = await world.history()
    const problems = problemsOf({ chart, head, history, calls: this.#calls, told: this.#told })
    const broken = head.flip === undefined ? await this.#broken(head, history) : []
    if (problems.length + broken.length > 0) throw this.#failure(when, [...problems, ...broken])
  }

  async #broken({ phase }: Head, history: readonly JournalRecord[]): Promise<readonly string[]> {
    const { deps, ledger } = this.#stage.world
    const broken: string[] = []
    for (const [sentence, holds] of Object.entries(this.#settings.invariants)) {
      try {
        if ((await holds({ deps, ledger, history, phase })) !== true)
          broken.push(`"${sentence}" does not hold in "${phase}"`)
      } catch (error) {
        broken.push(`"${sentence}" could not be told in "${phase}": ${messageOf(error)}`)
      }
    }
    return broken
  }

  async #checkChain(): Promise<void> {
    const { verdict, first } = await verify({ journal: this.#stage.world.store.journal })
    if (verdict === 'bad') throw this.#failure('at the end', [`the journal does not verify: ${first?.problem}`])
  }

  #failure(point: string, problems: readonly string[]): PhasegateError<'PROOF_FAILED'> {
    const { lines: story } = this.#stage.story
    const message = [
      `chart "${this.#stage.chart.name}" does not hold, ${point}:`,
      ...problems.map((problem) => `  - ${problem}`),
      '',
      ...story.map((line) => `  ${line}`),
    ].join('\n')
    return new PhasegateError('PROOF_FAILED', message, {
      proof: `flips of chart "${this.#stage.chart.name}"`,
      problems,
      point,
      story,
    })
  }
}
