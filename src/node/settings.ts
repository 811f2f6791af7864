import { randomBytes } from 'node:crypto'
import { type Clock, callable, duration, flag, known, limit, refuse, systemClock } from '../base/index.ts'
import type { Journal } from '../ports/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import { parseBudget, parseLameDuck } from './budget.ts'
import { type DependencySpec, longestStopMs, parseDependencies } from './dependencies/index.ts'
import { type HealthSettings, parseHealth } from './health/index.ts'
import { type ModeSpec, parseModes } from './modes.ts'
import type { ServiceOptions } from './options.ts'
import type { Terminal } from './platform/index.ts'
import {
  type CrashEvent,
  type CrashPolicy,
  type EndSignal,
  type KillAfter,
  killAfter,
  terminal,
} from './platform/index.ts'
import { appDependencies, parseServers, type ServerSpec } from './servers.ts'
import { type LameDuckLimits, parseWebSockets, type WebSocketSpec } from './traffic/index.ts'

/** The options, parsed: nothing optional but what may be absent, every duration in ms. */
export interface Settings {
  readonly servers: readonly ServerSpec[]
  /** In the order in which they start. */
  readonly dependencies: readonly DependencySpec[]
  readonly modes: readonly ModeSpec[]
  readonly webSockets: readonly WebSocketSpec[]
  readonly name: string
  readonly subject: string
  readonly journal: Journal | undefined
  readonly telemetry: Telemetry | undefined
  readonly signals: readonly EndSignal[]
  readonly force: readonly EndSignal[]
  readonly crashes: { readonly [Event in CrashEvent]: CrashPolicy }
  readonly crashGraceMs: number
  readonly preempts: boolean
  readonly health: HealthSettings | undefined
  readonly lameDuck: LameDuckLimits
  readonly rampMs: number
  readonly lingerMs: number
  readonly deadlineMs: number
  readonly graceMs: number
  readonly killAfter: KillAfter | undefined
  readonly notify: ((state: readonly string[]) => unknown) | false | undefined
  readonly exits: boolean
  readonly terminal: Terminal
  readonly clock: Clock
  readonly random: () => number
}

const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK']
const KNOWN: { readonly [Option in keyof ServiceOptions<string>]-?: true } = {
  server: true,
  listen: true,
  servers: true,
  dependencies: true,
  modes: true,
  webSockets: true,
  name: true,
  subject: true,
  journal: true,
  telemetry: true,
  signals: true,
  force: true,
  uncaughtException: true,
  unhandledRejection: true,
  crashGrace: true,
  whileFlipping: true,
  health: true,
  lameDuck: true,
  ramp: true,
  linger: true,
  deadline: true,
  grace: true,
  killAfter: true,
  notify: true,
  exit: true,
  log: true,
  clock: true,
  random: true,
}
const LONGEST_LINGER_MS = 5_000

/** Parses the options once. Throws `OPTION_INVALID`, naming the option. */
export function parseOptions(
  options: ServiceOptions<string>,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Settings {
  known(options, 'service', Object.keys(KNOWN))
  const servers = parseServers(options ?? {})
  const declared = parseDependencies(options.dependencies)
  const dependencies = [...declared, ...appDependencies(servers, declared)]
  const name = parseText(options.name, 'name', 'service')
  const lameDuck = parseLameDuck(known(options.lameDuck, 'lameDuck', ['min', 'quiet', 'max']))
  return {
    servers,
    dependencies,
    modes: parseModes(options.modes),
    webSockets: parseWebSockets(options.webSockets),
    name,
    subject: parseText(options.subject, 'subject', `${name}-${process.pid}-${randomBytes(4).toString('hex')}`),
    journal: parseObject(options.journal, 'journal', 'a journal, such as fileJournal(folder)'),
    telemetry: parseObject(options.telemetry, 'telemetry', 'a telemetry, such as openTelemetry()'),
    ...parseSignals(options),
    crashes: {
      uncaughtException: oneOf(options.uncaughtException, 'uncaughtException', ['leave', 'drain']),
      unhandledRejection: oneOf(options.unhandledRejection, 'unhandledRejection', ['leave', 'drain']),
    },
    crashGraceMs: limit(options.crashGrace, 'crashGrace', '5s'),
    preempts: oneOf(options.whileFlipping, 'whileFlipping', ['preempt', 'wait']) === 'preempt',
    health: parseHealth(options.health),
    lameDuck,
    rampMs: duration(options.ramp, 'ramp', 0),
    lingerMs: duration(options.linger, 'linger', defaultLinger(servers)),
    ...parseBudget(options, lameDuck.maxMs, longestStopMs(dependencies)),
    killAfter: killAfter(options.killAfter, env),
    notify:
      options.notify === undefined || options.notify === false ? options.notify : callable(options.notify, 'notify'),
    exits: options.exit === undefined || flag(options.exit, 'exit'),
    terminal: terminal(options.log === undefined ? undefined : callable(options.log, 'log')),
    clock: parseObject(options.clock, 'clock', 'a clock') ?? systemClock,
    random: options.random === undefined ? Math.random : callable(options.random, 'random'),
  }
}

function parseSignals(options: ServiceOptions<string>): Pick<Settings, 'signals' | 'force'> {
  const signals = someOf(options.signals, 'signals', SIGNALS) ?? ['SIGTERM', 'SIGINT']
  const force = someOf(options.force, 'force', signals)
  return { signals, force: force ?? signals.filter((signal) => signal === 'SIGINT') }
}

function someOf<Word extends string>(
  value: unknown,
  option: string,
  words: readonly Word[],
): readonly Word[] | undefined {
  if (value === undefined) return undefined
  const expected = `some of ${words.join(', ')}`
  if (!Array.isArray(value)) return refuse(option, value, expected)
  return [...new Set(value.map((one) => words.find((word) => word === one) ?? refuse(option, one, expected)))]
}

/** The first of `words` is the default. */
function oneOf<Word extends string>(value: unknown, option: string, words: readonly [Word, ...Word[]]): Word {
  const word = value === undefined ? words[0] : words.find((one) => one === value)
  return word ?? refuse(option, value, words.map((one) => `'${one}'`).join(' or '))
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
function defaultLinger(servers: readonly ServerSpec[]): number {
  const ownMs = servers.map(({ server }) => {
    const keepAliveMs = 'keepAliveTimeout' in server ? server.keepAliveTimeout : 0
    return keepAliveMs > 0 ? keepAliveMs : LONGEST_LINGER_MS
  })
  return Math.min(Math.max(...ownMs) + 1_000, LONGEST_LINGER_MS)
}
