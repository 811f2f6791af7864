import { PhasegateError, refuse } from '../../base/index.ts'
import type { DepsOf, FlipsOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import { type Calm, problemsOf } from './judge.ts'
import { type CrashArguments, type CrashSettings, parseCrashOptions } from './options.ts'
import { type Disturbance, disturbancesOf, type Variant } from './points.ts'
import { type Seen, Trial } from './trial.ts'

/** What was tried, and held. */
export interface CrashReport {
  readonly flip: string
  /** How often the flip was run, each time in a world of its own. */
  readonly runs: number
  /** Runs in which the first owner died, and in which it woke up late. */
  readonly crashes: number
  readonly zombies: number
  /** The ways in which the flip goes that were tried: undisturbed, and with each part failing that lets it turn back. */
  readonly variants: readonly string[]
}

interface Found {
  readonly name: string
  readonly problems: readonly string[]
  readonly story: readonly string[]
}

/**
 * Proves that a flip survives a crash anywhere. It is run once to find every moment between two records and every call
 * that is awaited; then once for each moment with the process killed there and another that recovers, and once for each
 * with the process asleep there until another has taken over. The same again with each step failing after its effect, so
 * that the way back is tried as well. Every run must settle where the flip began or where it leads, with everything
 * undone that has begun, the outside as it was or as it should be, and the user's invariants kept.
 * @throws PROOF_FAILED with the shortest run that does not hold, OPTION_INVALID
 * @example
 * await crashEverywhere(upgrade, 'drain', {
 *   deps: fakes,
 *   invariants: { 'who serves is not cordoned': ({ deps, phase }) => phase !== 'serving' || deps.lb.cordoned.size === 0 },
 * })
 */
export async function crashEverywhere<const C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>>(
  chart: C,
  flip: keyof FlipsOf<C> & string,
  ...[options]: CrashArguments<C, Fakes>
): Promise<CrashReport> {
  const settings = parseCrashOptions(chart, flip, options)
  const proof = new Proof(settings)
  for (const variant of variantsOf(settings)) await proof.try(variant)
  return proof.conclude()
}

/** The flip as it is, and each way in which it can be made to turn back. */
function variantsOf({ flip, failures }: CrashSettings): readonly Variant[] {
  const failing =
    (kind: 'step' | 'confirm') =>
    ({ name }: { readonly name: string }): Variant => ({
      fails: { kind, name },
      name: `${kind} "${name}" fails`,
    })
  const undisturbed: Variant = { fails: undefined, name: '' }
  if (!failures) return [undisturbed]
  return [undisturbed, ...flip.steps.map(failing('step')), ...flip.confirms.map(failing('confirm'))]
}

class Proof {
  readonly #settings: CrashSettings
  readonly #found: Found[] = []
  readonly #tried: string[] = []
  readonly #names: string[] = []
  #calm: Calm | undefined
  #runs = 0
  readonly #counts = { crash: 0, zombie: 0 }

  constructor(settings: CrashSettings) {
    this.#settings = settings
  }

  /** Runs the variant undisturbed, and then disturbed at each moment. */
  async try(variant: Variant): Promise<void> {
    const seen = await this.#run(variant)
    this.#calm ??= seen
    if (variant.fails === undefined) this.#mustCommit(seen)
    // Past the point of no return nothing turns back: it waits for a person, as it should.
    else if (seen.head.flip?.course.type === 'stuck') return
    this.#tried.push(variant.name === '' ? 'undisturbed' : variant.name)
    this.#judge(variant.name === '' ? 'undisturbed' : variant.name, seen, this.#calm)
    const { zombies, only } = this.#settings
    for (const disturbance of disturbancesOf(variant, seen.moments, zombies)) {
      this.#names.push(disturbance.name)
      if (only !== undefined && only !== disturbance.name) continue
      await this.#disturb(variant, disturbance, { seen, calm: this.#calm })
    }
  }

  conclude(): CrashReport {
    const { flip, only } = this.#settings
    if (only !== undefined && !this.#names.includes(only)) {
      refuse('only', only, `the name of a run: ${this.#names.join('; ')}`)
    }
    if (this.#found.length > 0) throw this.#failure()
    const { crash: crashes, zombie: zombies } = this.#counts
    return { flip: flip.name, runs: this.#runs, crashes, zombies, variants: this.#tried }
  }

  async #disturb(
    variant: Variant,
    disturbance: Disturbance,
    { seen: undisturbed, calm }: { readonly seen: Seen; readonly calm: Calm },
  ): Promise<void> {
    const seen = await this.#run(variant, disturbance)
    this.#counts[disturbance.how]++
    const [met, wanted] = [seen.moments[disturbance.at], undisturbed.moments[disturbance.at]]
    if (met?.place !== wanted?.place) {
      const problem = `the same flip goes another way each time: here "${met?.place}", before "${wanted?.place}"`
      this.#found.push({ name: disturbance.name, problems: [problem], story: seen.story })
    } else this.#judge(disturbance.name, seen, calm)
  }

  #run(variant: Variant, disturbance?: Disturbance): Promise<Seen> {
    this.#runs++
    return Trial.run(this.#settings, variant, disturbance)
  }

  #judge(name: string, seen: Seen, calm: Calm): void {
    const { flip, from } = this.#settings
    const problems = problemsOf(seen, { flip, from, calm })
    if (problems.length > 0) this.#found.push({ name, problems, story: seen.story })
  }

  /** Of a flip that is refused, or fails by itself, nothing could be shown. */
  #mustCommit({ answer, story }: Seen): void {
    if (answer?.success === true) return
    const problem = `undisturbed, the flip does not commit: ${answer?.error?.message ?? 'nobody was told anything'}`
    this.#found.push({ name: 'undisturbed', problems: [problem], story })
    throw this.#failure()
  }

  #failure(): PhasegateError<'PROOF_FAILED'> {
    const { chart, flip } = this.#settings
    const first = this.#found.reduce((short, found) => (found.story.length < short.story.length ? found : short))
    const { name, problems, story } = first
    const proof = `crashEverywhere "${flip.name}"`
    const message = [
      `flip "${flip.name}" of chart "${chart.name}" does not survive everything: ${this.#found.length} of ${this.#runs} runs do not hold.`,
      `The shortest: ${name}`,
      ...problems.map((problem) => `  - ${problem}`),
      '',
      ...story.map((line) => `  ${line}`),
      '',
      `To see it alone: only: ${JSON.stringify(name)}`,
    ].join('\n')
    return new PhasegateError('PROOF_FAILED', message, { proof, problems, point: name, story })
  }
}
