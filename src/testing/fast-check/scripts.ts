import { Arbitrary, type Random, Stream, Value } from 'fast-check'
import type { Command } from './commands.ts'
import { type Plainer, plainer, plainerThan } from './plainer.ts'
import { Script } from './script.ts'

/** A command as it was drawn, and what was taken off it since: what fast-check makes smaller stays apart from that. */
interface Drawn {
  readonly command: Value<Command>
  readonly off: readonly Plainer[]
}

/**
 * Scripts of `one` command after the other. Not by `fc.array`, which keeps the end of a list, where a story needs no more
 * than its beginning; nor by `fc.commands`, whose seed and path alone do not repeat a run.
 */
export class Scripts extends Arbitrary<Script> {
  readonly #one: Arbitrary<Command>
  readonly #most: number

  constructor(one: Arbitrary<Command>, most: number) {
    super()
    this.#one = one
    this.#most = most
  }

  generate(random: Random, biasFactor: number | undefined): Value<Script> {
    const length = random.nextInt(1, this.#most)
    return scriptOf(Array.from({ length }, () => ({ command: this.#one.generate(random, biasFactor), off: [] })))
  }

  canShrinkWithoutContext(_value: unknown): _value is Script {
    return false
  }

  /** Without what was not reached; without whole parts, the larger first; then each command plainer, and smaller. */
  shrink(script: Script, context: unknown): Stream<Value<Script>> {
    const drawn = (context as readonly Drawn[]).slice(0, script.reached)
    const shorter = drawn.length < script.commands.length ? [drawn] : []
    const fewer = [...shorter, ...withoutParts(drawn), ...plainerOnes(drawn)]
    return new Stream(fewer.map(scriptOf).values()).join(this.#smaller(drawn))
  }

  #smaller(drawn: readonly Drawn[]): Stream<Value<Script>> {
    const each = drawn.map(({ command, off }, index) =>
      this.#one
        .shrink(command.value, command.context)
        .map((smaller) => scriptOf(drawn.with(index, { command: smaller, off }))),
    )
    return new Stream<Value<Script>>([].values()).join(...each)
  }
}

function scriptOf(drawn: readonly Drawn[]): Value<Script> {
  return new Value(new Script(drawn.map(commandOf)), drawn)
}

function commandOf({ command, off }: Drawn): Command {
  return off.reduce(plainer, command.value)
}

function withoutParts(drawn: readonly Drawn[]): readonly (readonly Drawn[])[] {
  const found: (readonly Drawn[])[] = []
  for (let size = Math.floor(drawn.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from + size <= drawn.length; from += size) found.push(drawn.toSpliced(from, size))
  }
  return found.filter((left) => left.length > 0)
}

function plainerOnes(drawn: readonly Drawn[]): readonly (readonly Drawn[])[] {
  return drawn.flatMap(({ command, off }, index) =>
    plainerThan(commandOf({ command, off })).map((taken) =>
      drawn.toSpliced(index, 1, ...taken.map((more) => ({ command, off: [...off, more] }))),
    ),
  )
}
