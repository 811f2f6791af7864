import { stdout } from 'node:process'

// Colours and a line that moves, on a terminal; plain lines everywhere else.

const isTerminal = stdout.isTTY === true && process.env.TERM !== 'dumb'
const isColoured = isTerminal && !process.env.NO_COLOR
const BETWEEN_PLAIN_MS = 1_000

let liveText = ''
let saidPlainAt = Number.NEGATIVE_INFINITY

const style =
  (code: number) =>
  (text: string): string =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text

export const paint = {
  bold: style(1),
  dim: style(2),
  red: style(31),
  green: style(32),
  yellow: style(33),
  blue: style(34),
  cyan: style(36),
} as const

/** Begins an act: its title, and what is about to be seen. */
export function heading(title: string, ...lines: readonly string[]): void {
  say('')
  say(`${paint.cyan('━━')} ${paint.bold(title)} ${paint.cyan('━'.repeat(Math.max(0, 74 - title.length)))}`)
  for (const line of lines) say(paint.dim(`   ${line}`))
  say('')
}

/** A line that stays. */
export function say(text: string): void {
  clear()
  stdout.write(`${text}\n`)
  if (liveText !== '') stdout.write(liveText)
}

/** The one line that moves. Where nothing can move, it is said once a second. */
export function live(text: string): void {
  if (!isTerminal) return plain(text)
  clear()
  liveText = text
  stdout.write(text)
}

/** Nothing moves any more. */
export function still(): void {
  clear()
  liveText = ''
}

function plain(text: string): void {
  const now = performance.now()
  if (now - saidPlainAt < BETWEEN_PLAIN_MS) return
  saidPlainAt = now
  stdout.write(`${text}\n`)
}

function clear(): void {
  if (liveText !== '') stdout.write('\r\u001b[2K')
}

/** `12,345` */
export function count(amount: number): string {
  return amount.toLocaleString('en')
}

/** `12 ms`, `4.2 s` */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
