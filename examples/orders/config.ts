/** What the environment says. */
export interface Config {
  readonly port: number
  /** For probes alone. */
  readonly healthPort: number
  /** Undefined: orders are kept in memory. */
  readonly databaseUrl: string | undefined
  /** All the time that a drain has; less than what the platform waits. */
  readonly graceMs: number
  readonly logLevel: string
}

/** @throws naming the variable that is wrong */
export function configFrom(env: NodeJS.ProcessEnv): Config {
  return {
    port: portOf(env, 'PORT', 8080),
    healthPort: portOf(env, 'HEALTH_PORT', 9090),
    databaseUrl: env.DATABASE_URL,
    graceMs: numberOf(env, 'GRACE_SECONDS', 25, 3_600) * 1_000,
    logLevel: env.LOG_LEVEL ?? 'info',
  }
}

/** @throws naming the variable */
export function portOf(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  return numberOf(env, name, fallback, 65_535)
}

function numberOf(env: NodeJS.ProcessEnv, name: string, fallback: number, most: number): number {
  const value = Number(env[name] ?? fallback)
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new Error(`${name} is ${env[name]}; it must be a whole number of at most ${most}`)
}
