import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { type ListenOptions, Server as NetServer } from 'node:net'
import { callable, identifier, isPlainObject, known, refuse } from '../base/index.ts'
import type { DependencySpec } from './dependencies/index.ts'
import type { App } from './frameworks/index.ts'
import { type AnyServer, addressOf, listening } from './traffic/index.ts'

/** A server to run, parsed. */
export interface ServerSpec {
  /** Undefined for the only one. */
  readonly name: string | undefined
  readonly server: AnyServer
  readonly listen: ListenOptions | undefined
  readonly open: App['open']
  readonly close: App['close']
}

/** What says which servers there are. */
interface Given {
  readonly server?: unknown
  readonly listen?: unknown
  readonly servers?: unknown
}

/** One or several. Throws `OPTION_INVALID`, naming the one that is wrong. */
export function parseServers({ server, listen, servers }: Given): readonly [ServerSpec, ...ServerSpec[]] {
  if (servers === undefined) return [parseServer(undefined, { server, listen }, '')]
  if (server !== undefined) return refuse('server', server, 'left out where servers is given')
  if (listen !== undefined) return refuse('listen', listen, 'left out where servers is given')
  const entries = isPlainObject(servers) ? Object.entries(servers) : []
  const [first, ...more] = entries.map(([name, one]) => {
    const place = `servers.${identifier(name, 'the name of a server')}`
    if (isAnyServer(one)) return refuse(place, one, 'an object such as { server, listen }')
    return parseServer(name, known(one, place, ['server', 'listen']), `${place}.`)
  })
  if (first === undefined) return refuse('servers', servers, 'an object of servers by name, one at least')
  const all = new Set([first, ...more].map((spec) => spec.server))
  if (all.size <= more.length) return refuse('servers', [...entries.keys()].join(), 'each another server')
  return [first, ...more]
}

/** The apps as dependencies: each needs all that was declared, and is stopped before it. */
export function appDependencies(
  servers: readonly ServerSpec[],
  declared: readonly DependencySpec[],
): readonly DependencySpec[] {
  const after = declared.map(({ name }) => name)
  return servers.flatMap(({ name: server, open, close }) => {
    if (open === undefined && close === undefined) return []
    const name = server === undefined ? 'app' : `app ${server}`
    if (after.includes(name)) return refuse('the name of a dependency', name, 'another: the app itself has it')
    const none = { pause: undefined, resume: undefined, drain: undefined }
    return [{ name, after, start: open, stop: close, ...none, startTimeoutMs: 30_000, stopTimeoutMs: 5_000 }]
  })
}

function parseServer(name: string | undefined, { server, listen }: Given, place: string): ServerSpec {
  const app = isAnyServer(server) ? { server } : parseApp(server, `${place}server`)
  if (listen !== undefined && !isPlainObject(listen)) {
    return refuse(`${place}listen`, listen, 'an object such as { port: 8080 }')
  }
  return { name, listen, open: app.open, close: app.close, server: app.server }
}

function parseApp(value: unknown, option: string): App {
  if (isPlainObject(value) && isAnyServer(value.server)) {
    const { server, open, close } = value
    return {
      server,
      open: open === undefined ? undefined : callable(open, `${option}.open`),
      close: close === undefined ? undefined : callable(close, `${option}.close`),
    }
  }
  return refuse(
    option,
    value,
    'a server made by node:http, node:https or node:http2, or { server, open, close } around one',
  )
}

function isAnyServer(value: unknown): value is AnyServer {
  if (value instanceof HttpServer || value instanceof HttpsServer) return true
  // Node exports no class for its servers of HTTP/2.
  return value instanceof NetServer && 'updateSettings' in value
}

/** Opens all of them, in order; resolves with their addresses. */
export async function openAll(servers: readonly ServerSpec[], signal: AbortSignal): Promise<string> {
  const addresses: string[] = []
  for (const { name, server, listen } of servers) {
    await listening(server, listen, signal)
    addresses.push(name === undefined ? addressOf(server) : `${name} ${addressOf(server)}`)
  }
  return addresses.join(', ')
}
