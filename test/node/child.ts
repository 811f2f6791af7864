import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import type { Summary } from '../../src/node/index.ts'
import { workerFile } from '../processes/bundle.ts'

/** A line of the fixture. */
interface Told {
  readonly address?: { readonly port: number }
  readonly committed?: string
  readonly log?: string
  readonly started?: string
  readonly stopped?: string
  readonly summary?: Summary
}

interface Conduct {
  readonly quiet?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** What the fixture is told. */
  readonly [option: string]: unknown
}

/** A service in a process of its own. */
export class ServiceProcess {
  readonly child: ChildProcess
  readonly told: Told[] = []
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  #port: (port: number) => void = () => {}
  readonly port: Promise<number>

  stderr = ''
  readonly #waiting = new Set<() => void>()

  /** `quiet`: what it says on stderr is not shown. */
  constructor({ quiet = false, env, ...how }: Conduct = {}) {
    this.child = spawn(process.execPath, [workerFile('drained')], {
      env: { ...process.env, ...env, SERVICE: JSON.stringify(how) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
      if (!quiet) process.stderr.write(chunk)
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
    this.port = new Promise((resolve) => {
      this.#port = resolve
    })
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })))
    let text = ''
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) this.#heard(JSON.parse(line) as Told)
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  summary(): Summary | undefined {
    return this.told.find((event) => event.summary !== undefined)?.summary
  }

  log(): string {
    return this.told.flatMap((event) => event.log ?? []).join('\n')
  }

  /** Resolves once it has told what `isThere` looks for. */
  async until(isThere: (told: Told) => boolean): Promise<void> {
    while (!this.told.some(isThere)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  #heard(event: Told): void {
    this.told.push(event)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
    if (event.address !== undefined) this.#port(event.address.port)
  }
}
