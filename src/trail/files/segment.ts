import { promises as fs } from 'node:fs'

const SEGMENT = /^audit-(\d{6,})\.jsonl$/
const WRITER = /^writer-(\d{6,})$/

/** The name of a numbered file of records. */
export function segmentName(number: number): string {
  return `audit-${padded(number)}.jsonl`
}

/** The name of a numbered claim on the folder. */
export function writerName(number: number): string {
  return `writer-${padded(number)}`
}

/** The numbers of the files of records in a folder, oldest first. */
export function listSegments(folder: string): Promise<readonly number[]> {
  return numbers(folder, SEGMENT)
}

/** The numbers of the claims on a folder, oldest first. */
export function listWriters(folder: string): Promise<readonly number[]> {
  return numbers(folder, WRITER)
}

async function numbers(folder: string, pattern: RegExp): Promise<readonly number[]> {
  const names = await fs.readdir(folder)
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

function padded(number: number): string {
  return String(number).padStart(6, '0')
}
