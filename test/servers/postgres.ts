import { join } from 'node:path'
import pg from 'pg'
import {
  accountOf,
  binary,
  debianFolders,
  execute,
  freePort,
  type Server,
  ServerProcess,
  temporaryFolder,
} from './child.ts'

/** Where the server is, and as whom to come. */
export interface PostgresFacts {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly url: string
}

export interface PostgresServer extends Server, PostgresFacts {}

export const INSTALL_POSTGRES = 'apt-get install postgresql'

/** Whether its programs are here, and somebody that they run as: they refuse root. */
export function hasPostgres(): boolean {
  const isAllowed = process.getuid?.() !== 0 || accountOf('postgres') !== undefined
  return isAllowed && programs() !== undefined
}

function programs(): { readonly initdb: string; readonly postgres: string } | undefined {
  const initdb = binary('initdb', debianFolders())
  const postgres = binary('postgres', debianFolders())
  return initdb === undefined || postgres === undefined ? undefined : { initdb, postgres }
}

/** Without `fsync` it is quicker, and what it acknowledged survives its own death but not the machine's. */
export async function startPostgres(options: {
  readonly fsync: boolean
  readonly port?: number | undefined
}): Promise<PostgresServer> {
  const found = programs()
  if (found === undefined) throw new Error(`PostgreSQL is not installed: ${INSTALL_POSTGRES}`)
  const account = accountOf('postgres')
  const port = options.port ?? (await freePort())
  const folder = temporaryFolder('postgres', account)
  const data = join(folder, 'data')
  await execute([found.initdb, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', ...INITDB], account)
  const facts = factsOf(port)
  const server = new ServerProcess({
    command: [found.postgres, '-D', data, ...settings(port, folder, options.fsync)],
    folder,
    account,
    answers: () => ask(facts),
    stopSignal: 'SIGQUIT',
  })
  await server.start()
  return Object.assign(server, facts)
}

const INITDB = ['--locale=C', '--no-sync', '--no-instructions']

function settings(port: number, folder: string, fsync: boolean): readonly string[] {
  const given = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: 200,
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function factsOf(port: number): PostgresFacts {
  const [host, user, database] = ['127.0.0.1', 'postgres', 'postgres']
  return { host, port, user, database, url: `postgres://${user}@${host}:${port}/${database}` }
}

async function ask({ host, port, user, database }: PostgresFacts): Promise<void> {
  const client = new pg.Client({ host, port, user, database, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
  } finally {
    await client.end()
  }
}
