import { Redis } from 'ioredis'
import { binary, freePort, type Server, ServerProcess, temporaryFolder } from './child.ts'

export interface RedisFacts {
  readonly host: string
  readonly port: number
  readonly url: string
}

export interface RedisServer extends Server, RedisFacts {}

export const INSTALL_REDIS = 'apt-get install redis-server'

export function hasRedis(): boolean {
  return binary('redis-server') !== undefined
}

/** With `appendOnly` it syncs every write, and a restart finds them; without, it keeps nothing. */
export async function startRedis(
  options: { readonly port?: number | undefined; readonly appendOnly?: boolean | undefined } = {},
): Promise<RedisServer> {
  const program = binary('redis-server')
  if (program === undefined) throw new Error(`Redis is not installed: ${INSTALL_REDIS}`)
  const port = options.port ?? (await freePort())
  const folder = temporaryFolder('redis', undefined)
  const facts = { host: '127.0.0.1', port, url: `redis://127.0.0.1:${port}` }
  const keep = options.appendOnly === true ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
  const server = new ServerProcess({
    command: [program, '--port', `${port}`, '--bind', facts.host, '--dir', folder, '--save', '', ...keep],
    folder,
    answers: () => ask(facts),
    stopSignal: 'SIGKILL',
  })
  await server.start()
  return Object.assign(server, facts)
}

async function ask({ host, port }: RedisFacts): Promise<void> {
  const client = new Redis({ host, port, lazyConnect: true, retryStrategy: () => null, enableReadyCheck: true })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}
