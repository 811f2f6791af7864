import { unreachable } from '../../base/index.ts'
import type { Call, Command } from './commands.ts'

/** A way to make a command plainer. */
export type Plainer = 'calm' | 'alone' | 'keyless'

export const PLAINER: readonly Plainer[] = ['alone', 'calm', 'keyless']

/** The command, made plainer; the same one, where it is already. */
export function plainer(command: Command, how: Plainer): Command {
  switch (how) {
    case 'calm':
      return command.type === 'flip' && command.trouble !== undefined ? { ...command, trouble: undefined } : command
    case 'alone':
      return alone(command)
    case 'keyless':
      return keyless(command)
    default:
      return unreachable(how)
  }
}

function alone(command: Command): Command {
  const [call] = command.type === 'together' ? command.calls : []
  return call === undefined ? command : { type: 'flip', call, trouble: undefined }
}

function keyless(command: Command): Command {
  const without = (call: Call): Call => ({ ...call, key: undefined })
  if (command.type === 'flip' && command.call.key !== undefined) return { ...command, call: without(command.call) }
  if (command.type === 'together' && command.calls.some(({ key }) => key !== undefined))
    return { ...command, calls: command.calls.map(without) }
  return command
}
