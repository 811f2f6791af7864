import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { JournalRecord } from 'phasegate'
import { Api } from './api.ts'
import { Load } from './load.ts'
import { type Finding, judge } from './proof.ts'
import { timeline } from './timeline.ts'

const KIM = { id: 'kim', roles: ['sre'] }
const ALARM = { id: 'alarm', roles: ['alarm'] }
const ALARMING = 0.25

/** A roll-out goes wrong, and the alarm gets in its way. What holds in the end, and what does not. */
export async function play(): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'phasegate-incident-'))
  let api = await Api.open(folder, 0)
  const { port } = api
  const load = new Load(port)
  try {
    await pause(300)
    const rollOut = api.subject.safeFlip('roll out', undefined, { actor: KIM })
    await alarm(api)
    const { error } = await rollOut
    console.log(`kim     is told: ${error?.message ?? 'rolled out'}`)
    await pause(300)

    await api.close()
    api = await Api.open(folder, port)
    const foundPhase = api.subject.lastSeen
    console.log(`the API has been restarted, and finds itself in "${foundPhase}"`)
    for (let looks = 0; api.subject.lastSeen !== 'normal' && looks < 500; looks++) await pause(20)
    await pause(300)

    const tally = await load.stop()
    const records: JournalRecord[] = []
    for await (const record of api.subject.history()) records.push(record)
    console.log(['', 'The journal:', ...timeline(records)].join('\n'))
    return judge({ records, tally, foundPhase, out: api.inFlight })
  } finally {
    await load.stop()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Waits until too many requests fail, and does not wait for anybody's roll-out. */
async function alarm(api: Api): Promise<void> {
  while (api.failing() < ALARMING) await pause(10)
  console.log(`alarm: ${Math.round(api.failing() * 100)} % of the latest requests have failed`)
  await api.subject.flip('mitigate', undefined, { actor: ALARM, key: 'incident-81' })
}
