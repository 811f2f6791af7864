import type { Told } from './model.ts'
import type { Trace } from './report.ts'

/** Who acts where nobody is named. */
const NOBODY = 'it'

/** A trace as a Mermaid sequence diagram; what goes round for ever stands in a loop. */
export function sequence<State>({ steps, loop }: Trace<State>): string {
  const names = [...new Set(steps.flatMap(({ actor = NOBODY, to }) => (to === undefined ? [actor] : [actor, to])))]
  const lines = ['sequenceDiagram', ...names.map((name, index) => `  participant p${index} as ${plain(name)}`)]
  for (const [index, step] of steps.entries()) {
    if (index === loop) lines.push('  loop for ever')
    lines.push(`${loop !== undefined && index >= loop ? '    ' : '  '}${arrow(step, names)}`)
  }
  if (loop !== undefined) lines.push('  end')
  return `${lines.join('\n')}\n`
}

function arrow({ actor = NOBODY, action, to = actor }: Told, names: readonly string[]): string {
  return `p${names.indexOf(actor)}->>p${names.indexOf(to)}: ${plain(action)}`
}

/** Text that ends no statement and begins no entity. */
function plain(text: string): string {
  return text
    .replaceAll('#', '#35;')
    .replaceAll(/;(?<!#35;)/g, '#59;')
    .replaceAll(/\s+/g, ' ')
}
