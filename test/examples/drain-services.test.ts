import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { configFrom } from '../../examples/orders/config.ts'
import { portOf } from '../node/harness.ts'
import { describeWith, newSchema } from '../servers/index.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Started {
  readonly pid: number
  readonly port: number
  readonly healthPort: number
  readonly operatorPort: number
  readonly log: Promise<string>
  readonly exited: Promise<number | null>
}

/** Starts the service of an example, as its README says; resolves when it is ready. */
async function start(example: string, env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const [port, healthPort, operatorPort] = await freePorts()
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${example}/service.ts`], {
    cwd: ROOT,
    env: {
      ...process.env,
      DATABASE_URL: undefined,
      ...env,
      PORT: String(port),
      HEALTH_PORT: String(healthPort),
      OPERATOR_PORT: String(operatorPort),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const started = {
    pid: child.pid ?? 0,
    port,
    healthPort,
    operatorPort,
    log: text(child.stdout),
    exited: once(child, 'exit').then(([code]) => code as number | null),
  }
  while ((await statusOf(healthPort, '/readyz')) !== 200) {
    if (child.exitCode !== null) throw new Error(`${example} ended with ${child.exitCode}`)
    await pause(20)
  }
  return started
}

/** The load of the README, which sends SIGTERM. */
async function load({ pid, port }: Started): Promise<{ readonly code: number; readonly said: string }> {
  const args = ['--import', 'tsx', 'examples/orders/load.ts', String(pid), '--port', String(port)]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, said }
}

async function freePorts(): Promise<readonly [number, number, number]> {
  const held = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const server = createServer().listen(0)
      await once(server, 'listening')
      return server
    }),
  )
  const [a = 0, b = 0, c = 0] = held.map(portOf)
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  return [a, b, c]
}

async function statusOf(port: number, path: string, method = 'GET'): Promise<number> {
  const headers = { 'Content-Type': 'application/json', Connection: 'close' }
  const body = method === 'POST' ? '{"item":"tea"}' : null
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body }).catch(() => undefined)
  await answer?.text()
  return answer?.status ?? 0
}

describe.each(['drain-express', 'drain-fastify'])('the example %s', (example) => {
  test('drained under load loses no request, answers each with 2xx, and exits with 0', async () => {
    const started = await start(example)
    const { code, said } = await load(started)
    expect(said).toMatch(/^[1-9]\d* orders placed, [1-9]\d* read, [1-9]\d* reports; [1-9]\d* of them since SIGTERM\n/)
    expect(said).toMatch(/\n0 answered with another status than 2xx, 0 lost\n/)
    expect(code).toBe(0)
    expect(await started.exited).toBe(0)
    expect(await started.log).toMatch(/orders stopped \(SIGTERM\) in .*; code 0/)
  }, 60_000)

  describe('is shipped with a manifest', () => {
    const manifest = readFileSync(join(ROOT, 'examples', example, 'k8s.yaml'), 'utf8')
    const env = Object.fromEntries(
      [...manifest.matchAll(/\{ name: ([A-Z_]+), value: '([^']*)' \}/g)].map(([, name, value]) => [name, value]),
    )
    const config = configFrom(env)
    const killAfterS = Number(/terminationGracePeriodSeconds: (\d+)/.exec(manifest)?.[1])
    const ports = Object.fromEntries(
      [...manifest.matchAll(/\{ name: (\w+), containerPort: (\d+) \}/g)].map(([, name, port]) => [name, Number(port)]),
    )
    const probes = Object.fromEntries(
      [...manifest.matchAll(/(\w+)Probe: \{ httpGet: \{ path: (\S+), port: (\w+) \}/g)].map(([, probe, path, port]) => [
        String(probe),
        { path: String(path), port },
      ]),
    )

    test('whose grace period is longer than what the service takes, and told to it', () => {
      expect(killAfterS * 1_000).toBeGreaterThan(config.graceMs)
      expect(env.TERMINATION_GRACE_PERIOD_SECONDS).toBe(String(killAfterS))
      expect(config.graceMs).toBe(configFrom({}).graceMs)
    })

    test('whose ports are those on which it listens', () => {
      expect(ports).toEqual({ http: config.port, health: config.healthPort })
      expect(Object.keys(probes).sort()).toEqual(['liveness', 'readiness', 'startup'])
      expect(Object.values(probes).map(({ port }) => port)).toEqual(['health', 'health', 'health'])
    })

    test('whose probes the service answers, and which it does not warn of', async () => {
      const started = await start(example, env)
      for (const { path } of Object.values(probes)) expect(await statusOf(started.healthPort, path)).toBe(200)
      process.kill(started.pid, 'SIGTERM')
      expect(await started.exited).toBe(0)
      expect(await started.log).not.toMatch(/TERMINATION_GRACE|kills/)
    })

    test('and with a unit of systemd, whose numbers agree', () => {
      const unit = readFileSync(join(ROOT, 'examples', example, 'orders.service'), 'utf8')
      const set = /^Environment=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? []
      const given = configFrom(Object.fromEntries(set.map((one) => one.split('='))))
      expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1_000).toBeGreaterThan(given.graceMs)
      expect(given).toEqual(configFrom({}))
      expect(unit).toMatch(/^Type=notify$/m)
      expect(unit).toMatch(/^NotifyAccess=all$/m)
    })
  })
})

test('the example drain-express turns read-only when its operator says so, and back', async () => {
  const { pid, port, operatorPort, exited } = await start('drain-express')
  expect(await statusOf(port, '/orders', 'POST')).toBe(201)
  expect(await statusOf(operatorPort, '/read-only', 'POST')).toBe(200)
  expect(await statusOf(port, '/orders', 'POST')).toBe(503)
  expect(await statusOf(port, '/orders')).toBe(200)
  expect(await statusOf(operatorPort, '/resume', 'POST')).toBe(200)
  expect(await statusOf(port, '/orders', 'POST')).toBe(201)
  process.kill(pid, 'SIGTERM')
  expect(await exited).toBe(0)
})

test('the example drain-fastify turns read-only at SIGHUP, and back at the next', async () => {
  const { pid, port, exited } = await start('drain-fastify')
  expect(await statusOf(port, '/orders', 'POST')).toBe(201)
  process.kill(pid, 'SIGHUP')
  while ((await statusOf(port, '/orders', 'POST')) !== 503) await pause(5)
  expect(await statusOf(port, '/orders')).toBe(200)
  process.kill(pid, 'SIGHUP')
  while ((await statusOf(port, '/orders', 'POST')) !== 201) await pause(5)
  process.kill(pid, 'SIGTERM')
  expect(await exited).toBe(0)
})

describeWith('postgres', 'the examples with a database', ({ url }) => {
  test.each(['drain-express', 'drain-fastify'])(
    '%s has every order in it that it has acknowledged',
    async (example) => {
      const schema = newSchema(onTestFinished)
      const pool = new Pool({ connectionString: url })
      onTestFinished(() => pool.end())
      await pool.query(`create schema ${schema}`)
      const place = new URL(url)
      place.searchParams.set('options', `-c search_path=${schema}`)
      const started = await start(example, { DATABASE_URL: place.href })
      const { code, said } = await load(started)
      expect(said).toMatch(/0 answered with another status than 2xx, 0 lost/)
      expect(code).toBe(0)
      expect(await started.exited).toBe(0)
      const { rows } = await pool.query(`select count(*)::int from ${schema}.orders`)
      expect(rows).toEqual([{ count: Number(/^(\d+) orders placed/.exec(said)?.[1]) }])
    },
    60_000,
  )
})
