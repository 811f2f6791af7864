import { unreachable } from '../../base/index.ts'
import type { Call, Command } from './commands.ts'

/** What is taken off a command to make it plainer: its trouble, its keys, all callers but one. */
export type Plainer =
  | { readonly type: 'calm' }
  | { readonly type: 'keyless' }
  | { readonly type: 'alone'; readonly caller: number }

/** The command, made plainer; the same one, where it is already. */
export function plainer(command: Command, off: Plainer): Command {
  switch (off.type) {
    case 'calm':
      return command.type === 'flip' && command.trouble !== undefined ? { ...command, trouble: undefined } : command
    case 'keyless':
      return keyless(command)
    case 'alone': {
      const call = command.type === 'together' ? command.calls[off.caller] : undefined
      return call === undefined ? command : { type: 'flip', call, trouble: undefined }
    }
    default:
      return unreachable(off)
  }
}

/** What could be taken off, instead of the command: one or more of it in a row. */
export function plainerThan(command: Command): readonly (readonly Plainer[])[] {
  const callers =
    command.type === 'together' ? command.calls.map((_, caller) => ({ type: 'alone', caller }) as const) : []
  const inTurn = callers.length > 0 ? [callers] : []
  const single: readonly Plainer[] = [...callers, { type: 'calm' }, { type: 'keyless' }]
  return [...single.filter((off) => plainer(command, off) !== command).map((off) => [off]), ...inTurn]
}

function keyless(command: Command): Command {
  const without = (call: Call): Call => ({ ...call, key: undefined })
  if (command.type === 'flip' && command.call.key !== undefined) return { ...command, call: without(command.call) }
  if (command.type === 'together' && command.calls.some(({ key }) => key !== undefined))
    return { ...command, calls: command.calls.map(without) }
  return command
}
