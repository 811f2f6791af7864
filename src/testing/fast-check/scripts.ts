import { Arbitrary, type Random, Stream, Value } from 'fast-check'
import type { Command } from './commands.ts'
import { Script } from './script.ts'

type Drawn = readonly Value<Command>[]

/** Scripts of `one` command after the other. `fc.array` makes lists shorter from their beginning, which is what a story needs. */
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
    return scriptOf(Array.from({ length }, () => this.#one.generate(random, biasFactor)))
  }

  canShrinkWithoutContext(_value: unknown): _value is Script {
    return false
  }

  /** Without what was not reached; without whole parts, the larger first; then each command by itself. */
  shrink(script: Script, context: unknown): Stream<Value<Script>> {
    const drawn = (context as Drawn).slice(0, script.reached)
    const unreached = drawn.length < script.commands.length ? [scriptOf(drawn)] : []
    return new Stream([...unreached, ...withoutParts(drawn)].values()).join(this.#simpler(drawn))
  }

  #simpler(drawn: Drawn): Stream<Value<Script>> {
    const each = drawn.map((command, index) =>
      this.#one.shrink(command.value, command.context).map((simpler) => scriptOf(drawn.with(index, simpler))),
    )
    return new Stream<Value<Script>>([].values()).join(...each)
  }
}

function scriptOf(drawn: Drawn): Value<Script> {
  return new Value(new Script(drawn.map(({ value }) => value)), drawn)
}

function withoutParts(drawn: Drawn): readonly Value<Script>[] {
  const found: Value<Script>[] = []
  for (let size = Math.floor(drawn.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from + size <= drawn.length; from += size) found.push(scriptOf(drawn.toSpliced(from, size)))
  }
  return found.filter(({ value }) => value.commands.length > 0)
}
