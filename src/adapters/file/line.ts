import { z } from 'zod'
import { sha256 } from '../../audit/index.ts'
import { messageOf } from '../../base/index.ts'
import type { Append, Head, SealedRecord, Settled, SubjectRef } from '../../ports/index.ts'
import type { Owner } from '../folder/index.ts'
import { headSchema, sealedSchema, settledSchema } from '../stored/index.ts'

// A segment is lines of JSON. Each ends in the SHA-256 of the bytes before it:
//   owner      first: who writes this segment
//   account    second: how many bytes of each former segment count; whatever lies beyond was written too late
//   append     what the journal is about
//   released   last, when the owner closed

const ownerSchema = z.object({
  is: z.literal('owner'),
  owner: z.object({
    instance: z.string(),
    pid: z.int(),
    started: z.string().optional(),
    host: z.string(),
    space: z.string(),
    ttlMs: z.number(),
  }),
})
const accountSchema = z.object({
  is: z.literal('account'),
  segments: z.array(z.tuple([z.int(), z.int()])),
  cut: z.int(),
})
const appendSchema = z.object({
  is: z.literal('append'),
  subject: z.object({ chart: z.string(), id: z.string() }),
  op: z.string(),
  head: headSchema,
  settled: settledSchema.optional(),
  forget: z.number().optional(),
  drop: z.object({ records: z.array(z.int()), flips: z.array(z.string()), lines: z.array(z.int()) }).optional(),
  records: z.array(sealedSchema),
})
const bookmarkSchema = z.object({ is: z.literal('bookmark'), name: z.string(), value: z.string() })
const releasedSchema = z.object({ is: z.literal('released') })
const lineSchema: z.ZodType<Line> = z.union([appendSchema, ownerSchema, accountSchema, releasedSchema])

/** Segment numbers, and how many bytes of each count. */
export type Account = readonly (readonly [segment: number, bytes: number])[]

/** What an append drops. */
export interface Drop {
  /** Numbers of the records whose payloads go. */
  readonly records: readonly number[]
  /** The flips they are of. */
  readonly flips: readonly string[]
  /** The versions that those earlier lines of the subject led to in which anything of it stands. */
  readonly lines: readonly number[]
}

/** Records, and the head and outcome they led to. */
export interface AppendLine {
  readonly is: 'append'
  readonly subject: SubjectRef
  readonly op: string
  readonly head: Head
  readonly settled?: Settled | undefined
  readonly forget?: number | undefined
  readonly drop?: Drop | undefined
  readonly records: readonly SealedRecord[]
}

export type Line =
  | { readonly is: 'owner'; readonly owner: Owner }
  /** `cut`: bytes of an unfinished line at the end of the last segment, which do not count. */
  | { readonly is: 'account'; readonly segments: Account; readonly cut: number }
  | AppendLine
  | { readonly is: 'released' }

const SUM = ',"sum":"'
const SUM_LENGTH = SUM.length + 64 + '"}'.length

export function ownerLine(owner: Owner): string {
  return format({ is: 'owner', owner })
}

export function accountLine(segments: Account, cut: number): string {
  return format({ is: 'account', segments, cut })
}

export function appendLine(
  { chart, id }: SubjectRef,
  { opId, head, settled, forget }: Append,
  records: readonly SealedRecord[],
  drop: Drop | undefined,
): string {
  return format({ is: 'append', subject: { chart, id }, op: opId, head, settled, forget, drop, records })
}

/** A line as it stands, without its line feed, made less and yet as long as it was: JSON may be followed by spaces. */
export function changeLine(text: string, change: (line: AppendLine) => AppendLine): string {
  const before = text.slice(0, -SUM_LENGTH)
  const body = JSON.stringify(change(JSON.parse(`${before}}`) as AppendLine)).slice(0, -1)
  const padded = body + ' '.repeat(Buffer.byteLength(before) - Buffer.byteLength(body))
  return padded + sumOf(padded)
}

/** What the file of a bookmark holds. */
export function bookmarkLine(name: string, value: string): string {
  return format({ is: 'bookmark', name, value })
}

/** The text of a bookmark; undefined where it is not what was written. */
export function parseBookmark(text: string, name: string): string | undefined {
  const line = text.slice(0, -1)
  if (!isWhole(line)) return undefined
  const said = bookmarkSchema.safeParse(JSON.parse(`${line.slice(0, -SUM_LENGTH)}}`))
  return said.success && said.data.name === name ? said.data.value : undefined
}

/** What a segment ends in when its owner closed. */
export const RELEASED: string = format({ is: 'released' })

/** A line without its line feed, or what is wrong with it. The sum is over the bytes as they stand. */
export function parseLine(text: string): Line | string {
  if (!isWhole(text)) return 'its sum does not match'
  try {
    return lineSchema.parse(JSON.parse(`${text.slice(0, -SUM_LENGTH)}}`))
  } catch (error) {
    return `it is not a line of a journal: ${messageOf(error)}`
  }
}

/** Whether the bytes of a line are those that its sum was made of. */
export function isWhole(text: string): boolean {
  return text.slice(-SUM_LENGTH) === sumOf(text.slice(0, -SUM_LENGTH))
}

function format(value: { readonly is: Line['is'] | 'bookmark'; readonly [member: string]: unknown }): string {
  const body = JSON.stringify(value).slice(0, -1)
  return `${body}${sumOf(body)}\n`
}

function sumOf(body: string): string {
  return `${SUM}${sha256(body)}"}`
}
