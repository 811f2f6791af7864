import { expect, test } from 'vitest'
import { proofOf, run } from './run.ts'

test('the example of an incident pre-empts a roll-out, sheds load, and comes back by itself', async ({
  onTestFinished,
}) => {
  const { code, said } = await run('examples/incident-mode/index.ts', onTestFinished)
  expect(said).toMatch(/cancelRequested +pre-empted by flip "mitigate", by alarm/)
  expect(said).toMatch(/requested +recover: mitigation → recovery, by system:timer/)
  expect(proofOf(said)).toEqual([
    expect.stringMatching(
      /^✔ the roll-out was undone \((to (50|100) percent, )*to 10 percent\), then mitigation went$/,
    ),
    expect.stringMatching(/^✔ [1-9]\d* requests failed before it, 0 after it$/),
    expect.stringMatching(/^✔ in mitigation [1-9]\d* searches were shed, 0 served$/),
    expect.stringMatching(/^✔ in recovery [1-9]\d* were shed, [1-9]\d* served$/),
    '✔ in normal 0 were shed',
    expect.stringMatching(/^✔ meanwhile [1-9]\d* payments were served, 0 shed$/),
    '✔ 0 were shed without being told when to come again',
    '✔ restarted in the middle of it, the API came up in "mitigation"',
    '✔ recover and resume went by durable timers',
    '✔ 0 permits are still out',
  ])
  expect(code).toBe(0)
})
