import { expect, test } from 'vitest'
import { describeWith } from '../servers/index.ts'
import { proofOf, run } from './run.ts'

describeWith('postgres', 'the example of a consumer', ({ url }) => {
  test('told to end in the middle of its jobs, fetches no more, finishes those it has, and exits with 0; none is lost, none done twice', async ({
    onTestFinished,
  }) => {
    const { code, said } = await run('examples/drain-consumer/index.ts', onTestFinished, { DATABASE_URL: url })
    expect(said).toMatch(/SIGTERM for the first worker, in the middle of its second batch/)
    expect(proofOf(said)).toEqual([
      '✔ 0 jobs were begun after SIGTERM',
      '✔ 0 of those begun were given up',
      '✔ the workers exited with 0 and 0',
      '✔ 40 emails: 0 lost',
      '✔ 0 sent twice',
      '✔ 40 jobs completed at the first attempt',
    ])
    expect(code).toBe(0)
  }, 60_000)
})

test('the example of a consumer says what it needs', async ({ onTestFinished }) => {
  const { code } = await run('examples/drain-consumer/index.ts', onTestFinished, { DATABASE_URL: undefined })
  expect(code).toBe(2)
})
