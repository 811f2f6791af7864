import { spawnSync } from 'node:child_process'

/** Runs a program and gives what it printed; a non-zero exit is a problem that shows it. */
export function run(command: string, args: readonly string[], cwd: string): { problems: string[]; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: quiet() })
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim()
  if (status === 0) return { problems: [], output: stdout.trim() }
  return { problems: [`${[command, ...args].join(' ')}: ${error?.message ?? `exit ${status}`}\n${output}`], output }
}

/** What npm sets for its scripts would change what its children do. */
function quiet(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && name !== 'NODE_OPTIONS')
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}
