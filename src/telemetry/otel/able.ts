import { refuse } from '../../base/index.ts'

/** What was given as a tracer or a meter, if it can do what we need of it. @throws OPTION_INVALID */
export function able<Api>(value: unknown, option: string, method: string): Api | undefined {
  if (value === undefined) return undefined
  const found = (value as Readonly<Record<string, unknown>> | null)?.[method]
  return typeof found === 'function' ? (value as Api) : refuse(option, value, `a ${option} of OpenTelemetry`)
}
