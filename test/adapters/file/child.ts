import { createInterface } from 'node:readline'
import { fileJournal } from '../../../src/adapters/file/index.ts'
import { isPhasegateError } from '../../../src/base/index.ts'
import { appendOf, headOf } from '../../../src/testing/contracts/journal-samples.ts'

// A process with a journal, told what to do by lines of input; it answers each with one line.

const [folder = '', ttl = '300', wait = '0'] = process.argv.slice(2)
const journal = fileJournal(folder, { ttl: Number(ttl), wait: Number(wait) })
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const commands: Readonly<Record<string, (id: string, phase?: string, upon?: string) => Promise<string>>> = {
  open: async () => (await journal.open(), 'open'),
  read: async (id) => JSON.stringify((await journal.read({ chart: 'c', id })) ?? null),
  renew: async (id) => String(await journal.renew({ chart: 'c', id }, 1, 60_000)),
  close: async () => (await journal.close(), 'closed'),
  /** Upon the version it is told, or the one it reads. */
  async append(id, phase = 'p', upon) {
    const version = upon === undefined ? ((await journal.read({ chart: 'c', id }))?.version ?? 0) : Number(upon)
    await journal.append({ chart: 'c', id }, appendOf(version, { head: headOf(version + 1, 1, { phase }) }))
    return `appended ${version + 1}`
  },
  /** Appends for ever, in many callers at once, and says what was acknowledged. */
  async flood() {
    const caller = async (id: string): Promise<never> => {
      for (let version = 0; ; version++) {
        await journal.append({ chart: 'c', id }, appendOf(version))
        say(`acked ${id} ${version + 1}`)
      }
    }
    return Promise.race(Array.from({ length: 8 }, (_, index) => caller(`s${index}`)))
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', id = '', phase, upon] = line.split(' ')
  try {
    say((await commands[name]?.(id, phase, upon)) ?? `unknown ${name}`)
  } catch (error) {
    say(isPhasegateError(error) ? error.code : String(error))
  }
}
