import { formatMs } from '../../base/index.ts'

/** How long the event loop has to end by itself. */
const EXIT_MS = 1_000
/** How much longer than its parts a drain may take to be recorded, before it goes on without. */
export const RECORD_MS = 500
/** What remains of the grace once the deadline has passed. */
export const END_MS: number = EXIT_MS + RECORD_MS

/** What every process holds and nobody needs to be told of. */
const UNREMARKABLE: readonly string[] = ['TTYWrap', 'PipeWrap', 'CloseReq', 'TickObject', 'Immediate']

/**
 * Lets the event loop end with `code`. What still runs after a second was forgotten by somebody: it is named, and the
 * process is ended with code 1.
 */
export function leave(code: 0 | 1, log: (line: string) => void): void {
  if (code !== 0) process.exitCode = code
  setTimeout(() => {
    log(`forced to exit after ${formatMs(EXIT_MS)}: the event loop is kept alive by ${activeResources()}`)
    process.exit(1)
  }, EXIT_MS).unref()
}

/** `Timeout ×2, TCPSocketWrap` */
function activeResources(): string {
  const all = process.getActiveResourcesInfo()
  const remarkable = all.filter((name) => !UNREMARKABLE.includes(name))
  const counts = new Map<string, number>()
  for (const name of remarkable.length > 0 ? remarkable : all) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(', ')
}
