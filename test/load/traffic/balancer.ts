import { setTimeout as pause } from 'node:timers/promises'
import { Line } from '../wire/line.ts'
import { anUrl, type Backend, type Crowd, getOf, type Traffic, think } from './crowd.ts'

const POLL_MS = 200
const WORKERS = 32
const THINK_MS = 60

/** A backend as the balancer believes it to be. */
interface Believed {
  readonly backend: Backend
  readonly idle: Line[]
  isReady: boolean
}

/** Polls readiness, and sends requests to those that are ready; what it has read takes effect `lagMs` later. */
export function balancer(lagMs: number): Traffic {
  return async (crowd) => {
    const believed = crowd.backends.map((backend): Believed => ({ backend, idle: [], isReady: true }))
    const workers = Array.from({ length: WORKERS }, (_, index) => work(crowd, believed, index))
    await Promise.all([...workers, ...believed.map((one) => watch(crowd, one, lagMs))])
    for (const line of believed.flatMap(({ idle }) => idle)) line.close()
  }
}

async function watch({ over }: Crowd, believed: Believed, lagMs: number): Promise<void> {
  while (!over.aborted) {
    const isReady = await answersReady(believed.backend)
    setTimeout(() => {
      believed.isReady = isReady
    }, lagMs)
    await pause(POLL_MS)
  }
}

async function answersReady({ readiness }: Backend): Promise<boolean> {
  const line = await Line.open(readiness.way)
  if (line === 'refused') return false
  const [reply] = await Promise.all(line.ask([getOf(readiness.path)]))
  line.close()
  return reply?.type === 'answer' && reply.answer.status === 200
}

async function work(crowd: Crowd, all: readonly Believed[], from: number): Promise<void> {
  for (let turn = from; !crowd.over.aborted; turn++) {
    await think(crowd, THINK_MS)
    const ready = all.filter(({ isReady }) => isReady)
    const chosen = ready[turn % ready.length]
    if (chosen !== undefined) await send(crowd, chosen)
  }
}

async function send({ tally, ...crowd }: Crowd, { backend, idle }: Believed): Promise<void> {
  const line = kept(idle) ?? (await Line.open(backend.way))
  if (line === 'refused') {
    tally.refused++
    return
  }
  const url = anUrl({ tally, ...crowd })
  for (const reply of line.ask([getOf(url)])) tally.judge(url, await reply)
  if (line.isOpen) idle.push(line)
}

/** The connection that was used last and is still open. */
function kept(idle: Line[]): Line | undefined {
  for (let line = idle.pop(); line !== undefined; line = idle.pop()) if (line.isOpen) return line
  return undefined
}
