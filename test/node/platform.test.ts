import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { killAfter, serviceManager, tooLate } from '../../src/node/platform/index.ts'
import { parseOptions } from '../../src/node/settings.ts'
import { ServiceProcess } from './child.ts'
import { after, hello, QUICK, serve } from './harness.ts'

describe('when the platform kills', () => {
  test.each([
    ['nobody knows', undefined, {}, undefined],
    ['it was told', '40s', { TERMINATION_GRACE_PERIOD_SECONDS: '20' }, 40_000],
    [
      'the manifest passes it on',
      undefined,
      { TERMINATION_GRACE_PERIOD_SECONDS: '20', KUBERNETES_SERVICE_HOST: 'x' },
      20_000,
    ],
    ['it runs on Kubernetes', undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 30_000],
  ])('%s', (_, option, env, ms) => {
    expect(killAfter(option as never, env)?.ms).toBe(ms)
  })

  test('seconds that are none are refused', () => {
    expect(() => killAfter(undefined, { TERMINATION_GRACE_PERIOD_SECONDS: '30s' })).toThrow('whole seconds')
  })

  test('a grace that is as long as that is too long', () => {
    const kill = { ms: 30_000, because: 'killAfter' }
    expect(tooLate(29_999, kill)).toBeUndefined()
    expect(tooLate(30_000, kill)).toBe(
      'grace 30s does not fit: the process is killed 30s after the signal (killAfter); make grace shorter, or that longer',
    )
    expect(tooLate(30_000, undefined)).toBeUndefined()
  })

  test('is warned of at the start', async () => {
    const { log } = await serve(hello, { killAfter: '20s', name: 'api' })
    expect(log[0]).toMatch(/^api: grace 25s does not fit: the process is killed 20s after the signal/)
    const { log: quiet } = await serve(hello, { killAfter: '30s' })
    expect(quiet).toEqual([])
  })

  test('the environment is looked at', () => {
    const options = { ...QUICK, server: createServer() }
    expect(parseOptions(options, { TERMINATION_GRACE_PERIOD_SECONDS: '60' }).killAfter?.ms).toBe(60_000)
  })
})

describe('the service manager', () => {
  test('is told when the service is ready, and when it stops', async () => {
    const told: (readonly string[])[] = []
    const { service } = await serve(hello, {
      notify: (state) => told.push(state),
      dependencies: { database: { start: () => {}, startTimeout: '10s' } },
    })
    await service.drain('SIGTERM')
    expect(told).toEqual([
      ['STATUS=starting database', 'EXTEND_TIMEOUT_USEC=12000000'],
      ['READY=1', 'STATUS=active'],
      ['STOPPING=1', 'STATUS=draining: SIGTERM', 'EXTEND_TIMEOUT_USEC=27000000'],
    ])
  })

  test('is told one thing after the other, and a failure is said once and harms nothing', async () => {
    const said: string[] = []
    const told: string[] = []
    const tell = serviceManager(
      async ([state]) => {
        await after(state === 'one' ? 20 : 0)
        told.push(String(state))
        if (state !== 'one') throw new Error('no socket')
      },
      {},
      (line) => said.push(line),
    )
    for (const state of ['one', 'two', 'three']) tell([state])
    while (told.length < 3) await after(5)
    await after(5)
    expect(told).toEqual(['one', 'two', 'three'])
    expect(said).toEqual(['the service manager could not be told two: Error: no socket'])
  })

  test('of systemd hears it on its socket from a real process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phasegate-notify-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const socket = join(folder, 'notify')
    const heard = await listen(socket)
    const service = new ServiceProcess({ env: { NOTIFY_SOCKET: socket } })
    await service.port
    await heard.until('READY=1')
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 0, signal: null })
    await heard.until('STOPPING=1')
    expect(heard.text).toContain('STATUS=draining: SIGTERM')
    expect(heard.text).toMatch(/EXTEND_TIMEOUT_USEC=\d+/)
  })
})

interface Heard {
  text: string
  until(text: string): Promise<void>
}

/** Plays the socket of systemd, which Node cannot: everything that comes there, as text. */
async function listen(path: string): Promise<Heard> {
  const script = `use Socket; $| = 1; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die $!; bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
    print "bound\\n"; while (defined recv(S, my $text, 65536, 0)) { print "$text\\n" }`
  const perl = spawn('perl', ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void perl.kill('SIGKILL'))
  const heard: Heard = {
    text: '',
    async until(text) {
      while (!heard.text.includes(text)) await after(10)
    },
  }
  perl.stdout.on('data', (chunk: Buffer) => (heard.text += chunk.toString()))
  await heard.until('bound')
  return heard
}
