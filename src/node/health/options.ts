import type { ListenOptions } from 'node:net'
import { isPlainObject, known, refuse } from '../../base/index.ts'
import type { Probe, ProbePaths } from './health.ts'

/** Where a service answers for its health. `undefined` is the default, `false` is not there. */
export interface HealthOptions {
  /** 200 as long as it wants traffic. @default '/readyz' */
  readonly readiness?: string | false | undefined
  /** 200 as long as the process answers. @default '/livez' */
  readonly liveness?: string | false | undefined
  /** 200 once it has been active. @default '/startupz' */
  readonly startup?: string | false | undefined
  /** Begins the drain, for what cannot send a signal; needs `listen`, where not everybody can ask. @default none */
  readonly preStop?: string | false | undefined
  /** Answers on a port of its own, and there alone: it listens first and closes last. @default the service's servers */
  readonly listen?: ListenOptions | undefined
}

/** Where probes are answered; undefined: nowhere. */
export interface HealthSettings {
  readonly paths: ProbePaths
  readonly listen: ListenOptions | undefined
}

const DEFAULTS: { readonly [P in Probe]: string | false } = {
  readiness: '/readyz',
  liveness: '/livez',
  startup: '/startupz',
  preStop: false,
}

/** Throws `OPTION_INVALID`, naming the option. */
export function parseHealth(options: HealthOptions | false | undefined): HealthSettings | undefined {
  if (options === false) return undefined
  const given: HealthOptions = known(options, 'health', [...Object.keys(DEFAULTS), 'listen'])
  if (given.listen !== undefined && !isPlainObject(given.listen)) {
    return refuse('health.listen', given.listen, 'an object such as { port: 9090 }')
  }
  const paths: { [P in Probe]?: string } = {}
  for (const probe of Object.keys(DEFAULTS) as Probe[]) {
    const path = parsePath(given[probe], `health.${probe}`, DEFAULTS[probe])
    if (path === undefined) continue
    const taken = Object.values(paths).includes(path)
    if (taken) return refuse(`health.${probe}`, path, 'another path than that of the other probes')
    paths[probe] = path
  }
  if (paths.preStop !== undefined && given.listen === undefined) {
    const expected = 'left out without health.listen: whoever reaches the service could drain it'
    return refuse('health.preStop', given.preStop, expected)
  }
  return { paths, listen: given.listen }
}

function parsePath(value: unknown, option: string, fallback: string | false): string | undefined {
  const path = value === undefined ? fallback : value
  if (path === false) return undefined
  if (typeof path === 'string' && /^\/[^?#\s]*$/.test(path)) return path
  return refuse(option, path, 'a path such as "/readyz", or false')
}
