import { formatMs, messageOf } from '../base/index.ts'
import type { Failure } from './dependencies/index.ts'
import type { Pending } from './traffic/index.ts'

/** The parts of a drain, in order. */
export type DrainPart = 'lameDuck' | 'stopAccepting' | 'linger' | 'inFlight' | 'release'

/** What a drain came to. */
export interface Summary {
  readonly reason: string
  /** 0: everything was answered and recorded. 1: something was cut, or failed. */
  readonly code: 0 | 1
  /** What each part took; the parts that were not needed took nothing. */
  readonly ms: { readonly [Part in DrainPart | 'total']: number }
  /** Requests answered in full after the trigger. */
  readonly answered: number
  /** Requests refused after the trigger. */
  readonly refused: number
  /** Connections that were closed because nothing came on them any more. */
  readonly idleClosed: number
  /** Sessions of HTTP/2 that were told to open no more streams. */
  readonly goaways: number
  /** WebSockets of `webSockets` that closed while it ended, by code; 1012: told to go elsewhere. */
  readonly webSockets: { readonly [code: number]: number }
  /** What was still going on at the deadline. */
  readonly cut: readonly Pending[]
  /** What dependencies could not do, while it started or while it ended. */
  readonly failed: readonly Failure[]
  /** What went wrong besides: a start that failed, a crash, a journal that would not record. */
  readonly error: unknown
}

/** The summary in one line. */
export function summaryText(name: string, summary: Summary): string {
  const { reason, ms, answered, refused, idleClosed, goaways, webSockets, cut, failed, code, error } = summary
  const took = `lame duck ${formatMs(ms.lameDuck)}, linger ${formatMs(ms.linger)}, in flight ${formatMs(ms.inFlight)}`
  const some = (count: number, what: string): string => (count > 0 ? `${count} ${what}, ` : '')
  const counts = `${answered} answered since, ${some(refused, 'refused')}${idleClosed} idle closed, ${some(goaways, 'told by GOAWAY')}${closedText(webSockets)}${cut.length} cut`
  const wrong = [...failed.map(failureText), ...(error === undefined ? [] : [messageOf(error)])].map(
    (text) => `; ${text}`,
  )
  return `${name} stopped (${reason}) in ${formatMs(ms.total)}: ${counts}; ${took}; code ${code}${wrong.join('')}`
}

/** `48 WebSockets closed with 1012, ` */
function closedText(webSockets: Summary['webSockets']): string {
  return Object.entries(webSockets)
    .map(([code, count]) => `${count} WebSockets closed with ${code}, `)
    .join('')
}

/** `database could not stop: it took longer than 5s` */
export function failureText({ dependency, during, error }: Failure): string {
  return `${dependency} could not ${during}: ${messageOf(error)}`
}
