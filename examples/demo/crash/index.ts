import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGate, type JournalRecord } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { heading, paint, say } from '../screen.ts'
import { timeline } from './timeline.ts'
import { Machine, upgrade } from './upgrade.ts'
import type { Message, Orders } from './worker.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Act 2: a flip that is killed in the middle, finished by another process; and one that is undone by it. */
export async function crash(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'phasegate-demo-'))
  try {
    heading('Act 2: kill -9', 'an upgrade of three steps: snapshot, migrate, cut-over; its journal is a file')
    const finished = await story(folder, 'db-1', undefined, 'committed')
    say('')
    say(paint.bold('Once more, and after the adoption step 3 fails half-way:'))
    const undone = await story(folder, 'db-2', 'cut-over', 'rolledBack')
    return finished && undone
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Kills a process in the middle of step 2, lets a new one recover, and shows the journal. */
async function story(root: string, subject: string, fail: string | undefined, expected: string): Promise<boolean> {
  const folder = await mkdtemp(join(root, `${subject}-`))
  await work({ folder, subject, order: 'begin', hang: 'migrate' })
  const outcome = await work({ folder, subject, order: 'recover', fail })
  const records = await read(folder, subject)
  say('')
  say(paint.dim('  the journal:'))
  for (const line of timeline(records)) say(`  ${line}`)
  const repeated = await repeatedWork(folder)
  say(paint.dim(`  begun twice, under the same key: ${repeated.join(', ')}`))
  const isAsTold = outcome === expected && records.at(-1)?.kind === expected
  say(isAsTold ? paint.green(`  ✔ ${expected}`) : paint.red(`  ✘ ${outcome}, and not ${expected}`))
  return isAsTold
}

/** Runs one worker to its end, which is a kill -9 when it says that it is half-way. */
async function work(orders: Orders): Promise<string | undefined> {
  const child = fork(WORKER, [JSON.stringify(orders)], { execArgv: ['--import', 'tsx'] })
  const who = paint.dim(`  process ${child.pid}`)
  let outcome: string | undefined
  say(`${who}  starts`)
  child.on('message', (message: Message) => {
    switch (message.type) {
      case 'record':
        return say(
          `${who}  ${paint.cyan(message.kind.padEnd(10))}  ${(message.step ?? '').padEnd(8)}  ${paint.dim(`epoch ${message.epoch}`)}`,
        )
      case 'half':
        say(`${who}  ${paint.red('kill -9')} in the middle of ${paint.bold(message.step)}`)
        return void child.kill('SIGKILL')
      case 'ended':
        outcome = message.outcome
    }
  })
  await once(child, 'exit')
  return outcome
}

async function read(folder: string, subject: string): Promise<readonly JournalRecord[]> {
  const journal = fileJournal(folder)
  const gate = createGate(upgrade, { deps: new Machine(folder), journal })
  const records: JournalRecord[] = []
  for await (const record of gate.subject(subject).history()) records.push(record)
  await gate.close()
  await journal.close()
  return records
}

/** What the machine was told to begin more than once: a real one would know it by the key. */
async function repeatedWork(folder: string): Promise<readonly string[]> {
  const lines = (await readFile(join(folder, 'machine.log'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes(' begun '))
  return [...new Set(lines.filter((line, index) => lines.indexOf(line) < index))].map((line) =>
    line.replace(/ begun .*/, ''),
  )
}
