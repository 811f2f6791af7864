import { refuse } from '../../base/index.ts'

/** A client of ioredis, or a cluster of them. */
export interface CallingClient {
  call(command: string, ...args: string[]): Promise<unknown>
}

/** A client of node-redis, or a pool of them. */
export interface SendingClient {
  sendCommand(command: string[]): Promise<unknown>
}

/** A client of Redis, of any library and version that has one of these methods. It stays its owner's to close. */
export type RedisLike = CallingClient | SendingClient

/** Sends a command and its arguments. */
export type Send = (command: string[]) => Promise<unknown>

const EXPECTED =
  'a client of ioredis, with a method call(command, ...args), or of node-redis, with a method sendCommand([command, ...args])'

/** How this client is asked. @throws OPTION_INVALID */
export function senderOf(client: unknown): Send {
  // ioredis has a sendCommand, too, which takes something else.
  if (has(client, 'call')) return async ([command, ...args]) => client.call(command, ...args)
  if (!has(client, 'sendCommand')) return refuse('client', client, EXPECTED)
  // Clusters and sentinels of node-redis want to be told more than the command.
  if (client.sendCommand.length > 2) return refuse('client', client, `${EXPECTED}; wrap a cluster as { call }`)
  return async (command) => client.sendCommand(command)
}

function has<Method extends string>(
  client: unknown,
  method: Method,
): client is { [Name in Method]: (...args: unknown[]) => Promise<unknown> } {
  return typeof (client as Record<string, unknown> | null | undefined)?.[method] === 'function'
}
