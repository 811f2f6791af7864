import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Summary } from '../../src/node/index.ts'

/** A line of the fixture. */
interface Told {
  readonly address?: { readonly port: number }
  readonly committed?: string
  readonly log?: string
  readonly summary?: Summary
}

/** A service in a process of its own. */
export class ServiceProcess {
  readonly child: ChildProcess
  readonly told: Told[] = []
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  #port: (port: number) => void = () => {}
  readonly port: Promise<number>

  constructor(how: object = {}) {
    const fixture = fileURLToPath(new URL('./fixtures/service.ts', import.meta.url))
    this.child = spawn(process.execPath, ['--import', 'tsx', fixture], {
      env: { ...process.env, SERVICE: JSON.stringify(how) },
      stdio: ['ignore', 'pipe', 'inherit'],
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

  #heard(event: Told): void {
    this.told.push(event)
    if (event.address !== undefined) this.#port(event.address.port)
  }
}
