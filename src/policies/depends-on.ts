import { describe, identifier, messageOf, refuse } from '../base/index.ts'
import { deny, type GuardContext, type Policy, policy } from '../chart/index.ts'

/** Whatever has a phase: a subject of any gate is one. */
export interface Phased<Phase extends string = string> {
  readonly id: string
  phase(): Promise<Phase>
}

/**
 * Refuses unless another subject is in one of `phases`. It is a look, not a lock: the other may leave right after. A phase
 * that cannot be read is a no.
 * @throws OPTION_INVALID naming the option
 * @example .guard('schema first', dependsOn(({ deps }) => deps.schemas.subject('orders'), 'expanded', 'migrated'))
 */
export function dependsOn<Phase extends string, Context extends GuardContext = GuardContext>(
  other: Phased<Phase> | ((context: Context) => Phased<Phase>),
  ...phases: readonly [NoInfer<Phase>, ...NoInfer<Phase>[]]
): Policy<Context> {
  if (typeof other !== 'function' && !isPhased(other))
    refuse('what it depends on', other, 'a subject, or a function giving one')
  if (phases.length === 0) refuse('phases', undefined, 'one phase or more')
  const wanted = phases.map((phase, index) => identifier(phase, `phases[${index}]`))
  return policy(async (context: Context) => {
    let name = 'what it depends on'
    try {
      const found = typeof other === 'function' ? other(context) : other
      if (!isPhased(found)) return deny(`what it depends on is ${describe(found)}, not a subject`)
      name = `"${found.id}"`
      const phase = await found.phase()
      return wanted.includes(phase) || deny(`${name} is in "${phase}"; it has to be in ${wanted.join(' or ')}`)
    } catch (error) {
      return deny(`the phase of ${name} is not known: ${messageOf(error)}`)
    }
  })
}

function isPhased(value: unknown): value is Phased {
  return typeof (value as Partial<Phased> | null | undefined)?.phase === 'function'
}
