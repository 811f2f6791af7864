import { crashEverywhere } from 'phasegate/testing'
import { expect, test } from 'vitest'
import { makeTwelveDeps, twelveChart } from './twelve.ts'

// The whole file as a user would write it, for a chart of twelve flips. It should take no more than three seconds.

const machine = twelveChart()
const flips = [...machine.flips.keys()] as Parameters<typeof crashEverywhere<typeof machine>>[1][]

test.each(flips)('%s survives a crash anywhere', async (flip) => {
  const report = await crashEverywhere(machine, flip, {
    deps: makeTwelveDeps,
    observe: ({ machine: { settings } }) => settings,
  })
  expect(report.runs).toBeGreaterThan(50)
})
