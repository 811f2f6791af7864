import type { Server } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Address, addressOf, DELAY_MS, type Stage, TIMEOUT_MS } from '../service/stage.ts'

/** Ends the service on `stage` on SIGTERM, in its own way. */
export type Ending = (stage: Stage) => Promise<Address>

/** Nobody listens to the signal: Node dies of it. */
export const nothing: Ending = ({ listen }) => listen()

export const plainClose: Ending = ({ server, listen }) => {
  process.once('SIGTERM', () => server.close())
  return listen()
}

/** As one would by hand: what `close()` leaves open on Node 20 is closed besides. */
export const tunedClose: Ending = (stage) => {
  const { server, webSockets } = stage
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  onSignal(stage, () => {
    server.close()
    if ('closeIdleConnections' in server) setInterval(() => server.closeIdleConnections(), 100).unref()
    for (const session of sessions) session.close()
    for (const socket of webSockets?.clients ?? []) socket.close(1012)
  })
  return stage.listen()
}

interface Terminus {
  createTerminus(server: Stage['server'], options: object): void
}

export const terminus: Ending = async ({ server, listen }) => {
  const { createTerminus } = await peer<Terminus>('@godaddy/terminus')
  createTerminus(server, { healthChecks: { '/readyz': async () => ({}) } })
  return listen()
}

export const tunedTerminus: Ending = async ({ server, listen }) => {
  const { createTerminus } = await peer<Terminus>('@godaddy/terminus')
  createTerminus(server, {
    healthChecks: { '/readyz': async () => ({}) },
    beforeShutdown: () => pause(DELAY_MS),
    timeout: TIMEOUT_MS,
    useExit0: true,
  })
  return listen()
}

type GracefulShutdown = { default(server: Stage['server'], options?: object): void }

export const gracefulShutdown: Ending = async ({ server, listen }) => {
  const { default: shutdown } = await peer<GracefulShutdown>('http-graceful-shutdown')
  shutdown(server)
  return listen()
}

export const tunedGracefulShutdown: Ending = async ({ server, listen, unready }) => {
  const { default: shutdown } = await peer<GracefulShutdown>('http-graceful-shutdown')
  const preShutdown = (): Promise<void> => {
    unready()
    return pause(DELAY_MS)
  }
  shutdown(server, { preShutdown, timeout: TIMEOUT_MS })
  return listen()
}

type Stoppable = { default(server: Stage['server'], grace?: number): { stop(): void } }

export const stoppable: Ending = async ({ server, listen }) => {
  const { default: decorate } = await peer<Stoppable>('stoppable')
  const stopping = decorate(server)
  process.once('SIGTERM', () => stopping.stop())
  return listen()
}

export const tunedStoppable: Ending = async (stage) => {
  const { default: decorate } = await peer<Stoppable>('stoppable')
  const stopping = decorate(stage.server, TIMEOUT_MS)
  onSignal(stage, () => stopping.stop())
  return stage.listen()
}

interface Lightship {
  readonly server: { server: Server } | Server
  registerShutdownHandler(handler: () => Promise<void> | void): void
  signalReady(): void
}

type CreateLightship = { createLightship(options?: object): Promise<Lightship> }

export const lightship: Ending = async ({ server, listen }) => {
  const ship = await launch({})
  ship.registerShutdownHandler(() => void server.close())
  ship.signalReady()
  return besides(await listen(), ship)
}

export const tunedLightship: Ending = async ({ server, listen }) => {
  const ship = await launch({
    shutdownDelay: DELAY_MS,
    shutdownHandlerTimeout: TIMEOUT_MS,
    gracefulShutdownTimeout: TIMEOUT_MS,
  })
  ship.registerShutdownHandler(() => new Promise((resolve) => server.close(() => resolve())))
  ship.signalReady()
  return besides(await listen(), ship)
}

type HttpTerminator = {
  createHttpTerminator(options: { server: Stage['server']; gracefulTerminationTimeout?: number }): {
    terminate(): Promise<void>
  }
}

export const httpTerminator: Ending = async ({ server, listen }) => {
  const { createHttpTerminator } = await peer<HttpTerminator>('http-terminator')
  const terminator = createHttpTerminator({ server })
  process.once('SIGTERM', () => terminator.terminate())
  return listen()
}

export const tunedHttpTerminator: Ending = async (stage) => {
  const { createHttpTerminator } = await peer<HttpTerminator>('http-terminator')
  const terminator = createHttpTerminator({ server: stage.server, gracefulTerminationTimeout: TIMEOUT_MS })
  onSignal(stage, () => terminator.terminate())
  return stage.listen()
}

type CloseWithGrace = { default(options: { delay?: number }, close: () => Promise<void>): void }

export const closeWithGrace: Ending = async ({ server, listen }) => {
  const { default: close } = await peer<CloseWithGrace>('close-with-grace')
  close({}, () => new Promise((resolve) => server.close(() => resolve())))
  return listen()
}

export const tunedCloseWithGrace: Ending = async ({ server, listen, unready }) => {
  const { default: close } = await peer<CloseWithGrace>('close-with-grace')
  close({ delay: TIMEOUT_MS + 2_000 }, async () => {
    unready()
    await pause(DELAY_MS)
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return listen()
}

/** On SIGTERM: unready, then the delay, then `end`. */
function onSignal({ unready }: Stage, end: () => void): void {
  process.once('SIGTERM', () => {
    unready()
    setTimeout(end, DELAY_MS)
  })
}

/** As in Kubernetes: elsewhere it leaves signals alone. */
async function launch(options: object): Promise<Lightship> {
  const module = await peer<CreateLightship & { default?: CreateLightship }>('lightship')
  const { createLightship } = module.default ?? module
  return createLightship({ detectKubernetes: false, port: 0, ...options })
}

/** Lightship answers on a port of its own. */
function besides({ port }: Address, { server }: Lightship): Address {
  const probes = 'server' in server ? server.server : server
  const address = probes.address()
  if (address === null || typeof address === 'string') throw new Error('lightship is not on a port')
  return addressOf(port, address.port, '/ready')
}

/** A package that the folder `LOAD_PEERS` has, and nobody else: the compiler knows nothing of it. */
async function peer<Module>(name: string): Promise<Module> {
  const { resolve } = createRequire(`${process.env.LOAD_PEERS}/`)
  return (await import(pathToFileURL(resolve(name)).href)) as Module
}
