import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A server that a test may treat badly. `restart` comes back on the same port with the same data. */
export interface Server {
  readonly port: number
  /** Resolves when the server's process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again, killing it first if it runs; resolves when it answers. */
  restart(): Promise<void>
  /** Ends it for good, and removes its folder. */
  stop(): Promise<void>
}

/** Whom a server runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)
const START_WITHIN_MS = 20_000

/** The file called `name` in PATH or in one of `folders`, or undefined. */
export function binary(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter)
  return [...folders, ...path].map((folder) => join(folder, name)).find((file) => existsSync(file))
}

/** The `bin` folders of the PostgreSQLs that Debian installs outside PATH, newest first. */
export function debianFolders(root = '/usr/lib/postgresql'): readonly string[] {
  if (!existsSync(root)) return []
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin'))
}

/** The account called `name` when we are root and have to step down; undefined when we stay who we are. */
export function accountOf(name: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  if (line === undefined) return undefined
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

export function temporaryFolder(name: string, account: Account | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), `phasegate-${name}-`))
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  return folder
}

/**
 * A port that nobody listens on, below those that the system gives to outgoing connections: on one of these a client
 * can be in the way of a restart, or even connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(18_000, 32_000)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Runs a command to its end. */
export async function execute(command: readonly string[], account: Account | undefined): Promise<void> {
  const [file = '', ...args] = command
  await run(file, args, { ...account, cwd: '/' })
}

export interface ServerPlan {
  readonly command: readonly string[]
  readonly folder: string
  readonly account?: Account | undefined
  /** Resolves when the server answers, rejects while it does not. */
  readonly answers: () => Promise<void>
  /** What ends it quickly and well. */
  readonly stopSignal: NodeJS.Signals
}

/** A server process that dies with the process that started it. */
export class ServerProcess {
  readonly #plan: ServerPlan
  #child: ChildProcess | undefined
  #said = ''

  constructor(plan: ServerPlan) {
    this.#plan = plan
  }

  /** Resolves when the server answers. What a killed predecessor left may be in the way for a moment: it tries again. */
  async start(): Promise<void> {
    const deadline = performance.now() + START_WITHIN_MS
    while (performance.now() < deadline) {
      if (this.#hasEnded()) this.#spawn()
      const isUp = await this.#plan.answers().then(
        () => !this.#hasEnded(),
        () => false,
      )
      if (isUp) return
      await pause(20)
    }
    await this.kill()
    throw new Error(`${this.#plan.command.join(' ')}\ndid not answer within ${START_WITHIN_MS} ms:\n${this.#said}`)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || this.#hasEnded()) return
    child.ref()
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.kill(this.#plan.stopSignal)
    rmSync(this.#plan.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }

  #hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #spawn(): void {
    const setpriv = binary('setpriv')
    const guard = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
    const [file = '', ...args] = [...guard, ...this.#plan.command]
    const child = spawn(file, args, { ...this.#plan.account, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    const hear = (chunk: Buffer): void => void (this.#said = `${this.#said}${chunk}`.slice(-4_000))
    child.on('error', (error) => hear(Buffer.from(`${error.message}\n`)))
    // The runner ends when its work is done, not when its servers are.
    child.unref()
    for (const output of [child.stdout, child.stderr]) {
      output.on('data', hear)
      if (output instanceof Socket) output.unref()
    }
    this.#child = child
  }
}
