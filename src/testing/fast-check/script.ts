import { toStringMethod } from 'fast-check'
import { formatMs, unreachable } from '../../base/index.ts'
import type { Call, Command } from './commands.ts'

/** Commands, and what became of them when they were run: fast-check prints it where they fail. */
export class Script {
  readonly commands: readonly Command[]
  #told: readonly string[] | undefined

  constructor(commands: readonly Command[]) {
    this.commands = commands
    // What fast-check prints a value by.
    Object.defineProperty(this, toStringMethod, { value: () => this.toString() })
  }

  /** How many commands were begun when it was last run; all, before that. */
  get reached(): number {
    return this.#told?.length ?? this.commands.length
  }

  /** Each command as it was understood in a run, and what came of it. */
  tell(lines: readonly string[]): void {
    this.#told = lines
  }

  toString(): string {
    const lines = this.commands.map((command, index) => this.#told?.[index] ?? `${textOf(command)} (not reached)`)
    return `\n${lines.map((line, index) => `  ${index + 1}. ${line}`).join('\n')}\n`
  }
}

/** A call as it was made. */
export interface MadeCall {
  readonly flip: string
  readonly input: unknown
  readonly actor: Call['actor']
  readonly key: string | undefined
}

export function callText({ flip, input, actor, key }: MadeCall): string {
  return [
    `flip "${flip}"`,
    ...(input === undefined ? [] : [`with ${JSON.stringify(input)}`]),
    ...(actor === undefined ? [] : [`as ${actor.id}`]),
    ...(key === undefined ? [] : [`under key "${key}"`]),
  ].join(' ')
}

/** A command, as far as it is known before it is run. */
export function textOf(command: Command): string {
  switch (command.type) {
    case 'flip':
      return wishText(command.call)
    case 'together':
      return `at one time: ${command.calls.map(wishText).join(', ')}`
    case 'event':
      return command.name
    case 'advance':
      return `${formatMs(command.ms)} pass`
    case 'crash':
      return 'the process is killed, another starts'
    case 'recover':
      return 'leases run out, and what was left is taken over'
    default:
      return unreachable(command)
  }
}

function wishText({ wish }: Call): string {
  return wish.type === 'legal' ? 'a legal flip' : `flip "${wish.flip}"`
}
