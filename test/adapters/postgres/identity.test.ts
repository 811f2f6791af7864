import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { migrate } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'

const WORKER = fileURLToPath(new URL('./identity-worker.ts', import.meta.url))

/** Where it is allowed, a process that is number 1 in a world of its own, as in a container. */
const ALONE = ['unshare', '--pid', '--fork']
const canBeAlone = spawnSync(ALONE[0] ?? '', [...ALONE.slice(1), 'true']).status === 0

describeWith('postgres', 'processes that are given nothing but a journal', ({ url }) => {
  test('never share an owner, a flip id or an operation id: 8 at once, a fork, a thread, and the same pid twice', async ({
    onTestFinished,
  }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    const start = async (next: string, wrapped: readonly string[]): Promise<number> => {
      const [file = '', ...args] = [...wrapped, process.execPath, '--import', 'tsx', WORKER, url, schema, next]
      const child = spawn(file, args, { stdio: 'inherit' })
      onTestFinished(() => void child.kill('SIGKILL'))
      const [code] = await once(child, 'exit')
      return code as number
    }
    const wrapped = canBeAlone ? ALONE : []
    const nexts = ['fork', 'thread', 'none', 'none', 'none', 'none', 'none', 'none']
    const codes = await Promise.all(nexts.map((next, n) => start(next, n < 6 ? [] : wrapped)))
    expect(codes).toEqual(nexts.map(() => 0))

    const { rows } = await pool.query<{ flip: string; op: string; owner: string }>(
      `select flip_id as flip, r.op, t.payload::json -> 'body' ->> 'owner' as owner
       from ${schema}.timeline t join ${schema}.head h using (chart, id)
       join ${schema}.record r on r.subject = h.subject and r.n = t.n where kind = 'requested'`,
    )
    // 10 processes and threads with two gates each, and a subject each that only it has flipped, there and back.
    const owners = new Set(rows.map(({ owner }) => owner))
    expect(owners.size).toBe(20)
    expect(rows.length).toBeGreaterThan(40)
    expect(new Set(rows.map(({ flip }) => flip)).size).toBe(rows.length)
    const pids = [...owners].map((owner) => owner.split(':')[1])
    if (canBeAlone) expect(pids.filter((pid) => pid === '1')).toHaveLength(4)
    const ops = await pool.query(`select count(op) as all, count(distinct op) as different from ${schema}.record`)
    expect(ops.rows[0].different).toBe(ops.rows[0].all)
  })
})
