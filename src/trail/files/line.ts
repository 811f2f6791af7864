import type { AuditEntry } from '../../ports/index.ts'

/** A line of a sink's file, its line feed included. Header and payload stand in it as the texts that were stored. */
export function entryLine({ log, n, header, payload, hash }: AuditEntry): string {
  return `${JSON.stringify({ log, n, header, payload, hash })}\n`
}

/** The entry of a line, or what is wrong with the line. Whether the entry is sealed as it should be is not looked at. */
export function parseEntry(text: string): AuditEntry | string {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return 'it is not a line of an audit sink'
  const { log, n, header, payload, hash } = value as Readonly<Record<string, unknown>>
  if (!isText(log) || !isText(header) || !isText(payload) || !isText(hash) || !Number.isSafeInteger(n))
    return 'it has not log, n, header, payload and hash'
  return { log, n: n as number, header, payload, hash }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
