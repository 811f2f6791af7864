import { rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { chart, createGate, type Journal } from 'phasegate'
import { type AuditCheckpoint, fileCheckpoints, fileSink, readFileSink, type VerifyOptions } from 'phasegate/audit'
import { fileJournal } from 'phasegate/file'
import { migrate, postgresJournal } from 'phasegate/postgres'
import {
  type CheckpointState,
  logName,
  makeCheckpoint,
  newSigningKey,
  sha256,
  signer,
  subjectOf,
} from '../../../src/audit/index.ts'
import type { AuditEntry } from '../../../src/ports/index.ts'
import { temporaryFolder } from '../../processes/start.ts'
import { newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { type Rows, tipsAt } from './rows.ts'

export const FRONT = 'door/front'
export const BACK = 'door/back'
export const KEY = newSigningKey('example.com/doors')
/** When the checkpoints were made: an hour apart. */
export const AT: readonly number[] = [8, 9, 10].map((hour) => Date.UTC(2021, 2, 4, hour))
/** How long the logs were then. What comes after the third nobody vouches for. */
export const LENGTHS = [
  { [FRONT]: 6, [BACK]: 2 },
  { [FRONT]: 12, [BACK]: 4 },
  { [FRONT]: 18, [BACK]: 6 },
] as const

/** A place where real records are stored, and somebody with every right to it. */
export interface Site {
  readonly rows: Rows
  readonly checkpoints: readonly AuditCheckpoint[]
  readonly checkpointsFile: string
  /** Of PostgreSQL. */
  readonly schema?: string
  /** What `verify` is told of the place. */
  readonly where: VerifyOptions
  /** Puts other records there, and has everything else about the place agree with them. */
  store(rows: Rows): Promise<void>
}

const door = chart('door', { version: 1 })
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) => f.from('shut').to('open'))
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

const FLIPS = 'front front front back front front front back front front front back front'.split(' ')

/** Flips two doors. Each flip leaves two records. */
async function fill(journal: Journal): Promise<Rows> {
  const gate = createGate(door, { journal })
  const rows: AuditEntry[] = []
  const lengths: Record<string, number> = { front: 0, back: 0 }
  for (const id of FLIPS) {
    const subject = gate.subject(id)
    await subject.flip((await subject.phase()) === 'shut' ? 'open' : 'shut')
    const ref = { chart: 'door', id }
    for await (const sealed of journal.history(ref, { from: (lengths[id] ?? 0) + 1 })) {
      lengths[id] = (lengths[id] ?? 0) + 1
      rows.push({ log: logName(ref), n: lengths[id], ...sealed })
    }
  }
  await gate.close()
  return rows
}

/** The checkpoints that were made on the way, signed with `key`. */
export function checkpointsOver(rows: Rows, key: string): readonly AuditCheckpoint[] {
  let state: CheckpointState | undefined
  return AT.map((at, index) => {
    const made = makeCheckpoint(tipsAt(rows, LENGTHS[index] ?? {}), state, signer(key), at)
    state = made.state
    return made.checkpoint
  })
}

async function kept(folder: string, rows: Rows): Promise<Omit<Site, 'where' | 'store'>> {
  const checkpointsFile = join(folder, 'checkpoints.jsonl')
  const checkpoints = checkpointsOver(rows, KEY.key)
  const sink = fileCheckpoints(checkpointsFile)
  for (const checkpoint of checkpoints) await sink.write(checkpoint)
  return { rows, checkpoints, checkpointsFile }
}

/** Writes checkpoints over those that are there. */
export function storeCheckpoints(site: Site, checkpoints: readonly AuditCheckpoint[]): void {
  writeFileSync(site.checkpointsFile, checkpoints.map((checkpoint) => `${JSON.stringify(checkpoint)}\n`).join(''))
}

export async function fileSinkSite(whenFinished: WhenFinished): Promise<Site> {
  const folder = temporaryFolder(whenFinished)
  const journal = fileJournal(join(folder, 'journal'))
  const rows = await fill(journal)
  await journal.close()
  const sink = fileSink(join(folder, 'sink'))
  for (let at = 0; at < rows.length; at += 5) await sink.write(rows.slice(at, at + 5))
  await sink.close()
  const file = join(folder, 'sink', 'audit-000001.jsonl')
  const store = (changed: Rows): Promise<void> =>
    writeFile(file, changed.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const read: AuditEntry[] = []
  for await (const entry of readFileSink(join(folder, 'sink'))) read.push(entry)
  return { ...(await kept(folder, read)), where: { folder: join(folder, 'sink') }, store }
}

export async function fileJournalSite(whenFinished: WhenFinished): Promise<Site> {
  const folder = temporaryFolder(whenFinished)
  const path = join(folder, 'journal')
  const journal = fileJournal(path)
  const rows = await fill(journal)
  await journal.close()
  const segment = join(path, 'seg-000001')
  const lines = (await readFile(segment, 'utf8')).split('\n').slice(0, -1)
  const store = async (changed: Rows): Promise<void> => {
    rmSync(segment)
    await writeFile(segment, segmentOf(lines, changed))
  }
  return { ...(await kept(folder, rows)), where: { folder: path }, store }
}

function byLog(rows: Rows): Map<string, AuditEntry[]> {
  const logs = new Map<string, AuditEntry[]>()
  for (const row of rows) logs.set(row.log, [...(logs.get(row.log) ?? []), row])
  return logs
}

/** The lines of a segment with other records in them; heads, outcomes and sums made to agree. */
function segmentOf(lines: readonly string[], rows: Rows): string {
  const left = byLog(rows)
  const texts = lines.flatMap((text) => {
    const { sum: _, ...line } = JSON.parse(text)
    if (line.is !== 'append') return [text]
    const log = logName(line.subject)
    const queue = left.get(log) ?? []
    const isLast = !lines.slice(lines.indexOf(text) + 1).some((later) => later.includes(`"id":"${line.subject.id}"`))
    const records = queue.splice(0, isLast ? queue.length : line.records.length)
    const last = records.at(-1)
    if (last === undefined) return []
    const head = { ...line.head, version: JSON.parse(last.header).n }
    const sealed = records.map(({ header, payload, hash }) => ({ header, payload, hash }))
    const body = JSON.stringify({ ...line, head, records: sealed }).slice(0, -1)
    return [`${body},"sum":"${sha256(body)}"}`]
  })
  return texts.map((text) => `${text}\n`).join('')
}

export async function postgresSite(whenFinished: WhenFinished): Promise<Site> {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished)
  await migrate(pool, { schema })
  const journal = postgresJournal(pool, { schema })
  const rows = await fill(journal)
  await pool.query(`create table ${schema}.heads_before as table ${schema}.head`)
  const folder = temporaryFolder(whenFinished)
  return {
    ...(await kept(folder, rows)),
    schema,
    where: { journal },
    store: (changed) => storeRows(pool, schema, changed),
  }
}

/** As a superuser: the triggers are put aside, and heads are made to agree with what is left. */
async function storeRows(pool: pg.Pool, schema: string, rows: Rows): Promise<void> {
  const tables = [`${schema}.head`, `${schema}.record`]
  const set = (what: string): string => tables.map((table) => `alter table ${table} ${what} trigger all;`).join(' ')
  const client = await pool.connect()
  try {
    await client.query(`begin; ${set('disable')} ${tables.map((table) => `delete from ${table};`).join(' ')}
      insert into ${schema}.head overriding system value select * from ${schema}.heads_before`)
    for (const [log, own] of byLog(rows)) await storeLog(client, schema, log, own)
    await client.query(
      `delete from ${schema}.head h where not exists (select from ${schema}.record r where r.subject = h.subject)`,
    )
    await client.query(`${set('enable')} commit`)
  } finally {
    client.release()
  }
}

async function storeLog(client: pg.PoolClient, schema: string, log: string, rows: Rows): Promise<void> {
  const isGrowing = rows.every(({ n }, index) => n > (rows[index - 1]?.n ?? 0))
  const { chart: name, id } = subjectOf(log)
  for (const [index, { n, header, payload, hash }] of rows.entries())
    await client.query(
      `insert into ${schema}.record (subject, n, header, payload, hash, mark)
       select subject, $3, $4, $5, $6, 0 from ${schema}.head where chart = $1 and id = $2`,
      [name, id, isGrowing ? n : index + 1, header, payload, hash],
    )
  const last = rows.at(-1)
  await client.query(`update ${schema}.head set version = $3, tip = $4 where chart = $1 and id = $2`, [
    name,
    id,
    last && JSON.parse(last.header).n,
    last?.hash,
  ])
}
