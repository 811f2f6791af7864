import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { describeWithVitest, VITESTS } from './project.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const FILE = join(import.meta.dirname, 'asked.test.ts')

/** What a user writes, and what must not compile. */
const ASKED = `
import { createGate, type Journal } from 'phasegate'
import { valve } from './fixtures/valve.ts'
import { explore } from 'phasegate/testing'
import CoverageReporter from 'phasegate/testing/reporter'
import { journalSerializer } from 'phasegate/testing/vitest'
import { expect } from 'vitest'
import type { Reporter } from 'vitest/node'

const cold = createGate(valve, { deps: { isCalm: true, hasTag: true } }).subject('cold')
export const waited: Promise<void>[] = [
  expect(cold).toBeInPhase('shut'),
  expect(cold).not.toBeInPhase('shut'),
  expect(cold).toHaveFlipped({ from: 'open', to: 'shut', by: 'shut' }),
  expect(cold).toRefuse('shut'),
  expect(cold).toRefuse('shut', 'calm', { input: 1, actor: { id: 'kim' } }),
  expect(cold).toHaveUndone(['turn']),
  expect({} as Journal).toVerify({ maxAge: '1h' }),
]
export const reporter: Reporter = new CoverageReporter({ thresholds: { flips: 100, all: 80 }, charts: ['valve'] })
expect.addSnapshotSerializer(journalSerializer({ times: 'exact' }))
expect(explore({ init: [0], actions: () => [], next: () => 0 }, [])).toHold()

// @ts-expect-error a phase has a name
export const phase = expect(cold).toBeInPhase(1)
// @ts-expect-error there is no such member
export const flipped = expect(cold).toHaveFlipped({ with: 'shut' })
// @ts-expect-error a list
export const undone = expect(cold).toHaveUndone('turn')
// @ts-expect-error no such kind
export const judging = new CoverageReporter({ thresholds: { states: 1 } })
`

/** The problems of a file, compiled against the types of this vitest. */
function problemsWith(folder: string): string[] {
  const { options = {} } = ts.getParsedCommandLineOfConfigFile(join(ROOT, 'tsconfig.json'), {}, HOST) ?? {}
  const home = join(ROOT, 'node_modules', folder)
  const paths = {
    ...options.paths,
    vitest: [join(home, 'dist/index.d.ts')],
    'vitest/node': [join(home, 'dist/node.d.ts')],
  }
  const compiled: ts.CompilerOptions = { ...options, paths }
  const host = ts.createCompilerHost(compiled)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === FILE || fileExists.call(host, name)
  host.getSourceFile = (name, ...rest) =>
    name === FILE ? ts.createSourceFile(name, ASKED, ts.ScriptTarget.ES2023) : getSourceFile.call(host, name, ...rest)
  const program = ts.createProgram([FILE], compiled, host)
  const files = [program.getSourceFile(FILE), program.getSourceFile(join(ROOT, 'src/testing/vitest/index.ts'))]
  return files.flatMap((file) =>
    program.getSemanticDiagnostics(file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  )
}

const HOST = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined }

describe.each(['vitest 4', 'vitest 5'] as const)('with %s', (vitest) => {
  describeWithVitest(vitest, 'the types of the matchers', () => {
    it('join those of vitest', () => {
      expect(problemsWith(VITESTS[vitest])).toEqual([])
    })
  })
})
