import { randomBytes } from 'node:crypto'
import { Server as HttpServer } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { ListenOptions } from 'node:net'
import { type Clock, describe, formatMs, PhasegateError, parseDuration, systemClock } from '../base/index.ts'
import type { Journal } from '../ports/index.ts'
import { END_MS } from './exit.ts'
import type { LameDuckLimits } from './lame-duck.ts'
import type { EndSignal, HealthPaths, ServiceOptions } from './options.ts'

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
  refuseUnknown(options, Object.keys(KNOWN), '')
  const server = parseServer(options.server)
  const name = parseText(options.name ?? 'service', 'name')
  const lameDuck = parseLameDuck(options.lameDuck ?? {})
  return {
    server,
    listen: parse(options.listen, 'listen', isObjectOrLeftOut, 'an object such as { port: 8080 }'),
    name,
    subject: parseText(options.subject ?? `${name}-${process.pid}-${randomBytes(4).toString('hex')}`, 'subject'),
    journal: parse(options.journal, 'journal', isObjectOrLeftOut, 'a journal, such as fileJournal(folder)'),
    signals: parseSignals(options.signals ?? ['SIGTERM', 'SIGINT']),
    health: options.health === false ? undefined : parseHealth(options.health ?? {}),
    lameDuck,
    lingerMs: options.linger === undefined ? defaultLinger(server) : parseDuration(options.linger, 'linger'),
    ...parseBudget(options, lameDuck.maxMs),
    exits: parse(options.exit ?? true, 'exit', isBoolean, 'true or false'),
    log: parse(options.log ?? toStderr, 'log', isFunction, 'a function of one line'),
    clock: parse(options.clock ?? systemClock, 'clock', isObjectOrLeftOut, 'a clock'),
  }
}

/** One budget: what the parts may take has to fit, or the platform kills what is still being served. */
function parseBudget(options: ServiceOptions, lameDuckMs: number): { graceMs: number; deadlineMs: number } {
  const graceMs = parseDuration(options.grace ?? '25s', 'grace')
  const leftMs = graceMs - lameDuckMs - END_MS
  const deadlineMs = options.deadline === undefined ? leftMs : parseDuration(options.deadline, 'deadline')
  if (deadlineMs >= 0 && deadlineMs <= leftMs) return { graceMs, deadlineMs }
  const parts = [
    `lameDuck.max ${formatMs(lameDuckMs)}`,
    ...(options.deadline === undefined ? [] : [`deadline ${formatMs(deadlineMs)}`]),
    `end ${formatMs(END_MS)}`,
  ]
  const sumMs = lameDuckMs + END_MS + (options.deadline === undefined ? 0 : deadlineMs)
  throw invalid('grace', formatMs(graceMs), `at least ${parts.join(' + ')} = ${formatMs(sumMs)}`)
}

function parseLameDuck(options: NonNullable<ServiceOptions['lameDuck']>): LameDuckLimits {
  refuseUnknown(options, ['min', 'quiet', 'max'], 'lameDuck.')
  const minMs = parseDuration(options.min ?? '500ms', 'lameDuck.min')
  const quietMs = parseDuration(options.quiet ?? '1s', 'lameDuck.quiet')
  const maxMs = parseDuration(options.max ?? '10s', 'lameDuck.max')
  if (minMs > maxMs) throw invalid('lameDuck.min', formatMs(minMs), `at most lameDuck.max, ${formatMs(maxMs)}`)
  return { minMs, quietMs, maxMs }
}

function parseHealth(paths: HealthPaths): { readonly readiness: string; readonly liveness: string } {
  refuseUnknown(paths, ['readiness', 'liveness'], 'health.')
  const readiness = parse(paths.readiness ?? '/readyz', 'health.readiness', isPath, 'a path such as "/readyz"')
  const liveness = parse(paths.liveness ?? '/livez', 'health.liveness', isPath, 'a path such as "/livez"')
  if (readiness === liveness) throw invalid('health.liveness', describe(liveness), 'another path than health.readiness')
  return { readiness, liveness }
}

function parseSignals(signals: readonly EndSignal[]): readonly EndSignal[] {
  const expected = `some of ${SIGNALS.join(', ')}`
  const all = parse(signals, 'signals', Array.isArray, expected)
  const wrong = all.find((signal) => !SIGNALS.includes(signal))
  if (wrong !== undefined) throw invalid('signals', describe(wrong), expected)
  return [...new Set(all)]
}

function parseServer(server: unknown): HttpServer {
  if (server instanceof HttpServer || server instanceof HttpsServer) return server
  throw invalid('server', describe(server), 'a server made by node:http or node:https')
}

function parseText(value: string, option: string): string {
  return parse(value, option, isName, '1 to 255 characters')
}

/** Node's own timeout ends an idle connection as well; 0 turns that off. */
function defaultLinger(server: HttpServer): number {
  const ownMs = server.keepAliveTimeout > 0 ? server.keepAliveTimeout : LONGEST_LINGER_MS
  return Math.min(ownMs + 1_000, LONGEST_LINGER_MS)
}

function parse<T>(value: T, option: string, isGood: (value: unknown) => boolean, expected: string): T {
  if (isGood(value)) return value
  throw invalid(option, describe(value), expected)
}

function refuseUnknown(options: object, known: readonly string[], prefix: string): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid(prefix === '' ? 'options' : prefix.slice(0, -1), describe(options), 'an object')
  }
  const unknown = Object.keys(options).find((option) => !known.includes(option))
  if (unknown !== undefined) throw invalid(prefix + unknown, 'an unknown option', known.join(', '))
}

function invalid(option: string, value: string, expected: string): PhasegateError<'OPTION_INVALID'> {
  return new PhasegateError('OPTION_INVALID', `${option} is ${value}; expected ${expected}`, { option, value, expected })
}

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isObjectOrLeftOut = (value: unknown): boolean => value === undefined || (typeof value === 'object' && value !== null)
const isPath = (value: unknown): boolean => typeof value === 'string' && /^\/[^?#\s]*$/.test(value)
const isName = (value: unknown): boolean => typeof value === 'string' && value.length >= 1 && value.length <= 255
const toStderr = (line: string): void => void process.stderr.write(`${line}\n`)
