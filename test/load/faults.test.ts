import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, test } from 'vitest'
import { seeded } from '../chaos/random.ts'
import { workerFile } from '../processes/bundle.ts'
import type { WhenFinished } from '../servers/index.ts'
import type { Patience } from './faults/service.ts'
import { ServiceProcess } from './process.ts'
import { Tally } from './tally.ts'
import { keepAlive } from './traffic/one-after-the-other.ts'
import { straight } from './wire/way.ts'

const WANTED = 10_000
/** What a process needs besides. */
const OTHER_FILES = 300
/** For opening and closing them all. */
const MOST_CPU_MS = 6_000
const CAP_MS = 20_000
const NOBODY_TIMES_OUT = 0
const TRICKLE_MS = 1_000

/** How many files a process may open: Node takes all that it may have. */
function fileLimit(): number {
  const limits = '/proc/self/limits'
  if (!existsSync(limits)) return Number.POSITIVE_INFINITY
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync(limits, 'utf8'))?.[1]
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}

const idle = Math.min(WANTED, fileLimit() - OTHER_FILES)
const limited = idle < WANTED ? ` (${WANTED} were wanted; the file limit of this machine allows no more)` : ''

async function start(
  patience: Patience,
  whenFinished: WhenFinished,
): Promise<{ service: ServiceProcess; port: number }> {
  const service = new ServiceProcess(workerFile('patient'), patience)
  whenFinished(async () => service.kill())
  const { port } = await service.address
  return { service, port }
}

/** A line that the idle clients tell. */
async function told<Line>(child: ChildProcess, key: string): Promise<Line> {
  if (child.stdout === null) throw new Error('nothing can be told')
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) if (line.startsWith(`{"${key}"`)) return JSON.parse(line) as Line
  throw new Error(`nothing was told of "${key}"`)
}

/** A client that sends `begun` and then a byte a second, for as long as it is let; answers all that came back. */
async function trickle(port: number, begun: string, whenFinished: WhenFinished): Promise<string> {
  const socket = await straight(port).reach()
  if (socket === 'refused') throw new Error('refused')
  whenFinished(async () => void socket.destroy())
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  const ticks = setInterval(() => socket.write('x'), TRICKLE_MS)
  socket.write(begun)
  await once(socket, 'close').finally(() => clearInterval(ticks))
  return received
}

describe('a service that is told to end', { concurrent: true }, () => {
  test(`with ${idle} idle sockets ends them all without a reset, and loses nothing of the others${limited}`, async ({
    expect,
    onTestFinished,
  }) => {
    const { service, port } = await start({ deadlineMs: 10_000, requestTimeoutMs: NOBODY_TIMES_OUT }, onTestFinished)
    const idlers = spawn(process.execPath, [workerFile('idlers'), `${port}`, `${idle}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(async () => void idlers.kill('SIGKILL'))
    await told(idlers, 'open')
    const tally = new Tally()
    const way = straight(port)
    const backends = [{ way, readiness: { way, path: '/readyz' } }] as const
    const crowd = { backends, tally, random: seeded('idle'), over: new AbortController().signal }
    const others = Promise.all(Array.from({ length: 8 }, () => keepAlive(crowd)))
    const ends = told<{ ends: object }>(idlers, 'ends')
    const { exit } = await service.terminate(CAP_MS)
    await others
    expect(exit).toBe(0)
    expect(await ends).toEqual({ ends: { ended: idle, reset: 0 } })
    expect(tally).toMatchObject({ lost: [], errors: 0, refused: 8 })
    expect(tally.answered).toBeGreaterThan(0)
    expect(service.summary).toMatchObject({ code: 0, cut: [] })
    // Each costs the same, however many there are; in wall time it would depend on what else the machine does.
    expect(service.cpuMs).toBeLessThan(MOST_CPU_MS)
  })

  test('ends a request that trickles in by its own timeout, also when its listener is closed already', async ({
    expect,
    onTestFinished,
  }) => {
    const { service, port } = await start({ deadlineMs: 10_000, requestTimeoutMs: 2_000 }, onTestFinished)
    const received = trickle(
      port,
      'POST /upload/7 HTTP/1.1\r\nHost: load\r\nContent-Length: 100\r\n\r\n',
      onTestFinished,
    )
    const half = trickle(port, 'GET /answer/0/7 HTTP/1.1\r\nHost: ', onTestFinished)
    const { exit } = await service.terminate(CAP_MS)
    expect(exit).toBe(0)
    expect(await received).toMatch(/^HTTP\/1\.1 408 /)
    expect(await half).toMatch(/^HTTP\/1\.1 408 /)
    expect(service.summary).toMatchObject({ code: 0, cut: [] })
  })

  test('cuts a request that nothing else ends at its deadline, names it, and exits with 1', async ({
    expect,
    onTestFinished,
  }) => {
    const { service, port } = await start({ deadlineMs: 1_500, requestTimeoutMs: NOBODY_TIMES_OUT }, onTestFinished)
    const received = trickle(
      port,
      'POST /upload/7 HTTP/1.1\r\nHost: load\r\nContent-Length: 100\r\n\r\n',
      onTestFinished,
    )
    const half = trickle(port, 'GET /answer/0/7 HTTP/1.1\r\nHost: ', onTestFinished)
    const { exit } = await service.terminate(CAP_MS)
    expect(exit).toBe(1)
    expect([await received, await half]).toEqual(['', ''])
    const cut = [...(service.summary?.cut ?? [])].sort((a, b) => b.what.localeCompare(a.what))
    expect(cut).toMatchObject([
      { what: 'request', method: 'POST', path: '/upload/7' },
      { what: 'half-received request' },
    ])
    expect(service.log.join('\n')).toMatch(/cut at the deadline: POST \/upload\/7, \d\.\d s/)
  })
})
