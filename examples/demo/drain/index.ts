import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { count, duration, heading, live, paint, say, still } from '../screen.ts'
import { Balancer } from './balancer.ts'
import type { FromService, Tally } from './messages.ts'
import { Load, ServiceProcess } from './processes.ts'

const CONNECTIONS = 48
const AMOUNT = 12_000
const SIGNAL_AFTER_MS = 3_000

/** Act 1: one of two services gets SIGTERM under load. Answers whether no request was lost. */
export async function drain(): Promise<boolean> {
  heading(
    'Act 1: drain',
    `Two HTTP services behind a balancer, asked ${count(AMOUNT)} times over ${CONNECTIONS} connections.`,
    'One of them gets SIGTERM in the middle of it. Who loses a request?',
  )
  const folder = await mkdtemp(join(tmpdir(), 'phasegate-demo-'))
  const act = new Act()
  try {
    return await act.play(folder)
  } finally {
    await act.end()
    await rm(folder, { recursive: true, force: true })
  }
}

class Act {
  readonly #ends: (() => unknown)[] = []
  #loadedMs: number | undefined

  async play(folder: string): Promise<boolean> {
    const services = ['api-1', 'api-2'].map((name) => this.#service(name, join(folder, name)))
    const balancer = await this.#balancer(services)
    const load = new Load((balancer.server.address() as AddressInfo).port, CONNECTIONS, AMOUNT)
    this.#loadedMs = performance.now()
    this.#tell('load', `begins: ${CONNECTIONS} connections, one request after the other on each`)
    this.#ends.push(() => load.child.kill())
    const ticking = setInterval(() => live(status(services, load)), 100)
    this.#ends.push(() => clearInterval(ticking))

    const [leaving, staying] = services
    if (leaving === undefined || staying === undefined) return false
    await after(SIGNAL_AFTER_MS)
    this.#tell(leaving.name, paint.yellow(`SIGTERM to process ${leaving.child.pid}`))
    leaving.child.kill('SIGTERM')
    const signalledMs = performance.now()
    const code = await leaving.exited
    const tookMs = performance.now() - signalledMs
    this.#tell(
      leaving.name,
      `${code === 0 ? paint.green('exited with 0') : paint.red(`exited with ${code}`)}, ${duration(tookMs)} after the signal`,
    )

    const tally = await load.tally
    clearInterval(ticking)
    still()
    return verdict(tally, code, services)
  }

  async end(): Promise<void> {
    still()
    for (const end of this.#ends.reverse()) await end()
  }

  #service(name: string, folder: string): ServiceProcess {
    const service = new ServiceProcess(name, folder, (from, message) => this.#heard(from.name, message))
    this.#ends.push(async () => {
      service.child.kill('SIGKILL')
      await service.exited
    })
    return service
  }

  async #balancer(services: readonly ServiceProcess[]): Promise<Balancer> {
    const upstreams = await Promise.all(
      services.map(async (service) => ({ name: service.name, port: await service.port })),
    )
    const balancer = new Balancer(upstreams, (name, isReady) => {
      this.#tell(
        'balancer',
        isReady ? `sends requests to ${name}` : `has seen that ${name} is not ready, and sends it no more`,
      )
    })
    this.#ends.push(() => balancer.close())
    balancer.server.listen(0, '127.0.0.1')
    await once(balancer.server, 'listening')
    await balancer.poll()
    return balancer
  }

  #heard(name: string, message: FromService): void {
    switch (message.type) {
      case 'flip':
        return this.#tell(name, `${paint.bold(`${message.from} → ${message.to}`)}${flying(message.inFlight)}`)
      case 'step':
        if (message.flip === 'stop') this.#tell(name, paint.dim(`  ${message.step}: ${duration(message.ms)}`))
        return
      case 'stopped':
        return this.#tell(
          name,
          `after the signal ${count(message.answered)} requests answered, ${message.cut} cut; ${message.idleClosed} idle connections closed`,
        )
    }
  }

  #tell(who: string, what: string): void {
    const at = this.#loadedMs === undefined ? '' : `${((performance.now() - this.#loadedMs) / 1_000).toFixed(1)} s`
    say(`  ${paint.dim(at.padStart(6))}  ${paint.cyan(who.padEnd(9))} ${what}`)
  }
}

function flying(inFlight: number): string {
  return inFlight > 0 ? paint.dim(`  (${inFlight} requests in flight)`) : ''
}

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  active: paint.green,
  draining: paint.yellow,
  stopped: paint.dim,
  gone: paint.dim,
}

function status(services: readonly ServiceProcess[], load: Load): string {
  const each = services.map(({ name, phase, inFlight }) => {
    const colour = COLOURS[phase] ?? paint.dim
    return `${name} ${colour('●')} ${colour(phase.padEnd(8))} ${String(phase === 'gone' ? 0 : inFlight).padStart(2)} in flight`
  })
  return `  ${each.join('  ')}  ${bar(load.answered / AMOUNT)} ${count(load.answered).padStart(6)}`
}

/** The whole line fits a terminal of 80 columns. */
const BAR_WIDTH = 8

function bar(share: number): string {
  const filled = Math.round(Math.min(share, 1) * BAR_WIDTH)
  return paint.green('█'.repeat(filled)) + paint.dim('░'.repeat(BAR_WIDTH - filled))
}

/** By the counters of the load generator alone; and the process must have ended by itself. */
function verdict(tally: Tally, code: number | null, services: readonly ServiceProcess[]): boolean {
  const lost = Math.max(tally.asked - tally.answered, tally.errors) + tally.truncated
  const isGood = lost === 0 && tally.non2xx === 0 && tally.answered === AMOUNT && code === 0
  const colour = isGood ? paint.green : paint.red
  say('')
  say(`  ${colour(paint.bold(`${count(tally.answered)} requests served, ${lost} lost, ${tally.status5xx} 5xx`))}`)
  say(
    paint.dim(
      `  counted by autocannon: ${count(tally.asked)} asked, ${tally.errors} errors, ${tally.timeouts} timeouts, ${tally.truncated} cut short, ` +
        `${tally.non2xx} not 2xx; median ${tally.p50Ms} ms, 99 % within ${tally.p99Ms} ms`,
    ),
  )
  if (code !== 0) say(paint.red(`  ${services[0]?.name} did not end by itself: code ${code}`))
  return isGood
}
