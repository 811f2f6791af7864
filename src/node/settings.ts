import { randomBytes } from 'node:crypto'
import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { ListenOptions } from 'node:net'
import {
  type Clock,
  callable,
  duration,
  flag,
  formatMs,
  known,
  PhasegateError,
  refuse,
  systemClock,
} from '../base/index.ts'
import type { Journal } from '../ports/index.ts'
import { END_MS } from './exit.ts'
import type { EndSignal, HealthPaths, LameDuckOptions, ServiceOptions } from './options.ts'
import type { LameDuckLimits } from './traffic/index.ts'

/** The options, parsed: nothing optional but what may be absent, every duration in ms. */
export interface Settings {
  readonly server: HttpServer
  readonly listen: ListenOptions | undefined
  readonly name: string
  readonly subject: string
  readonly journal: Journal | undefined
  readonly signals: readonly EndSignal[]
  readonly health: { readonly readiness: string; readonly liveness: string } | undefined
  readonly lameDuck: LameDuckLimits
  readonly lingerMs: number
  readonly deadlineMs: number
  readonly graceMs: number
  readonly exits: boolean
  readonly log: (line: string) => void
  readonly clock: Clock
}

const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK']
const KNOWN: { readonly [Option in keyof ServiceOptions]-?: true } = {
  server: true,
  listen: true,
  name: true,
  subject: true,
  journal: true,
  signals: true,
  health: true,
  lameDuck: true,
  linger: true,
  deadline: true,
  grace: true,
  exit: true,
  log: true,
  clock: true,
}
const LONGEST_LINGER_MS = 5_000

/** Parses the options once. Throws `OPTION_INVALID`, naming the option. */
export function parseOptions(options: ServiceOptions): Settings {
  known(options, 'service', Object.keys(KNOWN))
  const server = parseServer(options?.server)
  const name = parseText(options.name, 'name', 'service')
  const lameDuck = parseLameDuck(options.lameDuck)
  return {
    server,
    listen: parseObject(options.listen, 'listen', 'an object such as { port: 8080 }'),
    name,
    subject: parseText(options.subject, 'subject', `${name}-${process.pid}-${randomBytes(4).toString('hex')}`),
    journal: parseObject(options.journal, 'journal', 'a journal, such as fileJournal(folder)'),
    signals: parseSignals(options.signals),
    health: options.health === false ? undefined : parseHealth(options.health),
    lameDuck,
    lingerMs: duration(options.linger, 'linger', defaultLinger(server)),
    ...parseBudget(options, lameDuck.maxMs),
    exits: options.exit === undefined || flag(options.exit, 'exit'),
    log: options.log === undefined ? toStderr : harmless(callable(options.log, 'log')),
    clock: parseObject(options.clock, 'clock', 'a clock') ?? systemClock,
  }
}

/** One budget: what the parts may take has to fit, or the platform kills what is still being served. */
function parseBudget(options: ServiceOptions, lameDuckMs: number): { graceMs: number; deadlineMs: number } {
  const graceMs = duration(options.grace, 'grace', '25s')
  const leftMs = graceMs - lameDuckMs - END_MS
  const deadlineMs = duration(options.deadline, 'deadline', Math.max(leftMs, 0))
  if (deadlineMs <= leftMs) return { graceMs, deadlineMs }
  const parts = { 'lameDuck.max': lameDuckMs, ...(deadlineMs > 0 && { deadline: deadlineMs }), end: END_MS }
  const sum = Object.entries(parts).map(([part, ms]) => `${part} ${formatMs(ms)}`)
  const value = formatMs(graceMs)
  const expected = `at least ${sum.join(' + ')} = ${formatMs(lameDuckMs + deadlineMs + END_MS)}`
  throw new PhasegateError('OPTION_INVALID', `grace is ${value}; it must be ${expected}`, {
    option: 'grace',
    value,
    expected,
  })
}

function parseLameDuck(options: LameDuckOptions | undefined): LameDuckLimits {
  const given: LameDuckOptions = known(options, 'lameDuck', ['min', 'quiet', 'max'])
  const minMs = duration(given.min, 'lameDuck.min', '500ms')
  const quietMs = duration(given.quiet, 'lameDuck.quiet', '1s')
  const maxMs = duration(given.max, 'lameDuck.max', '10s')
  if (minMs > maxMs) return refuse('lameDuck.min', given.min, `at most lameDuck.max, ${formatMs(maxMs)}`)
  return { minMs, quietMs, maxMs }
}

function parseHealth(options: HealthPaths | undefined): { readonly readiness: string; readonly liveness: string } {
  const given = known(options, 'health', ['readiness', 'liveness'])
  const readiness = parsePath(given.readiness, 'health.readiness', '/readyz')
  const liveness = parsePath(given.liveness, 'health.liveness', '/livez')
  if (readiness === liveness) return refuse('health.liveness', liveness, 'another path than health.readiness')
  return { readiness, liveness }
}

function parsePath(value: unknown, option: string, fallback: string): string {
  if (value === undefined) return fallback
  if (typeof value === 'string' && /^\/[^?#\s]*$/.test(value)) return value
  return refuse(option, value, 'a path such as "/readyz"')
}

function parseSignals(signals: unknown): readonly EndSignal[] {
  if (signals === undefined) return ['SIGTERM', 'SIGINT']
  const expected = `some of ${SIGNALS.join(', ')}`
  if (!Array.isArray(signals)) return refuse('signals', signals, expected)
  return [
    ...new Set(signals.map((one) => SIGNALS.find((signal) => signal === one) ?? refuse('signals', one, expected))),
  ]
}

function parseServer(server: unknown): HttpServer {
  if (server instanceof HttpServer || server instanceof HttpsServer) return server
  return refuse('server', server, 'a server made by node:http or node:https')
}

function parseText(value: unknown, option: string, fallback: string): string {
  if (value === undefined) return fallback
  return typeof value === 'string' && value.length >= 1 && value.length <= 255
    ? value
    : refuse(option, value, 'text of 1 to 255 characters')
}

function parseObject<Value extends object>(
  value: Value | undefined,
  option: string,
  expected: string,
): Value | undefined {
  return value === undefined || (typeof value === 'object' && value !== null) ? value : refuse(option, value, expected)
}

/** Node's own timeout ends an idle connection as well; 0 turns that off. */
function defaultLinger(server: HttpServer): number {
  const ownMs = server.keepAliveTimeout > 0 ? server.keepAliveTimeout : LONGEST_LINGER_MS
  return Math.min(ownMs + 1_000, LONGEST_LINGER_MS)
}

/** A log that throws must not break off a drain. */
function harmless(log: (line: string) => void): (line: string) => void {
  return (line) => {
    try {
      log(line)
    } catch {
      toStderr(line)
    }
  }
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
