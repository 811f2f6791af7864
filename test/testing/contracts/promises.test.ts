import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  auditSinkContract,
  auditSinkPromises,
  checkpointSinkContract,
  checkpointSinkPromises,
  clockContract,
  clockPromises,
  journalContract,
  journalPromises,
  lockContract,
  lockPromises,
  type PortPromise,
  secretsContract,
  secretsPromises,
  transactContract,
  transactPromises,
} from 'phasegate/testing'
import { describe, expect, test } from 'vitest'

const SOURCE = join(import.meta.dirname, '../../../src')

interface Port {
  /** Where its interfaces are documented. */
  readonly documented: readonly (readonly [file: string, name: string])[]
  readonly promises: readonly PortPromise[]
  readonly contract: readonly { readonly promise: number; readonly name: string }[]
}

const journal = [
  ['ports/journal.ts', 'Journal'],
  ['ports/feed.ts', 'Feed'],
] as const

const PORTS: Readonly<Record<string, Port>> = {
  Journal: { documented: journal, promises: journalPromises, contract: journalContract },
  TransactionalJournal: {
    documented: [['ports/journal.ts', 'TransactionalJournal']],
    promises: transactPromises,
    contract: transactContract,
  },
  Lock: { documented: [['ports/lock.ts', 'Lock']], promises: lockPromises, contract: lockContract },
  AuditSink: {
    documented: [['ports/sink.ts', 'AuditSink']],
    promises: auditSinkPromises,
    contract: auditSinkContract,
  },
  CheckpointSink: {
    documented: [['ports/sink.ts', 'CheckpointSink']],
    promises: checkpointSinkPromises,
    contract: checkpointSinkContract,
  },
  Secrets: { documented: [['ports/secrets.ts', 'Secrets']], promises: secretsPromises, contract: secretsContract },
  Clock: { documented: [['base/clock.ts', 'Clock']], promises: clockPromises, contract: clockContract },
}

/** The numbered sentences of an interface's documentation: a number, and what is indented below it. */
function documented(file: string, name: string): readonly { readonly promise: number; readonly text: string }[] {
  const source = readFileSync(join(SOURCE, file), 'utf8')
  const before = source.slice(0, source.search(new RegExp(`export interface ${name}\\b`)))
  const comment = before.slice(before.lastIndexOf('/**'))
  const found: { promise: number; text: string }[] = []
  let isOpen = false
  for (const line of comment.split('\n').map((text) => text.replace(/^ \* ?/, ''))) {
    const [, number, text = ''] = /^(\d+)\. (.*)$/.exec(line) ?? []
    const last = found.at(-1)
    if (number !== undefined) found.push({ promise: Number(number), text })
    else if (isOpen && last !== undefined && /^ {2,}\S/.test(line)) last.text += ` ${line.trim()}`
    isOpen = number !== undefined || (isOpen && /^ {2,}\S/.test(line))
  }
  return found
}

describe.each(Object.entries(PORTS))('of %s', (_name, port) => {
  test('the promises are those of its documentation, word for word', () => {
    const said = port.documented.flatMap(([file, name]) => documented(file, name))
    expect(said.length).toBeGreaterThan(1)
    expect(port.promises.map(({ promise, text }) => ({ promise, text }))).toEqual(said)
  })

  test('each promise has a case, or a reason why none can show it', () => {
    const shown = new Set(port.contract.map(({ promise }) => promise))
    for (const { promise, unshown } of port.promises) {
      expect(unshown === undefined, `promise ${promise} has ${unshown ?? 'no reason'}`).toBe(shown.has(promise))
      if (unshown !== undefined) expect(unshown.length).toBeGreaterThan(20)
    }
    expect([...shown].filter((number) => !port.promises.some(({ promise }) => promise === number))).toEqual([])
  })

  test('no two cases have one name', () => {
    const names = port.contract.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
