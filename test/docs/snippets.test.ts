import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutVitest } from '../processes/without-vitest.ts'
import { blocksOf, linksOf, readPage, type Snippet, scriptsNamed } from './markdown.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGES = ['docs', 'examples']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .concat('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md')
  .filter((page) => page.endsWith('.md') && existsSync(join(ROOT, page)))
const text = (page: string): string => readFileSync(join(ROOT, page), 'utf8')
const pages = PAGES.map((page) => readPage(page, text(page)))
const snippets = pages.flatMap((page) => page.snippets)
const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }

// All pages are compiled at once: a busy machine may take its time.
describe('the documentation', { timeout: 120_000 }, () => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench()
  })
  afterAll(() => bench.clear())

  it('marks its TypeScript by the rules', () => {
    expect(pages.flatMap((page) => page.faults)).toEqual([])
  })

  it('has only snippets that compile', () => {
    expect(bench.compile(snippets)).toEqual([])
  })

  it('has only snippets that run', async () => {
    expect(await bench.run(snippets)).toEqual([])
  })

  it('has only tests that pass', async () => {
    expect(await bench.test(snippets)).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const missing = PAGES.flatMap((page) => scriptsNamed(text(page)).filter((name) => scripts[name] === undefined))
    expect(missing).toEqual([])
  })

  it('links only to files that exist', () => {
    const dead = PAGES.flatMap((page) =>
      linksOf(text(page))
        .filter((link) => !existsSync(join(ROOT, dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    )
    expect(dead).toEqual([])
  })

  it('begins its README with the two commands', () => {
    const first = existsSync(join(ROOT, 'README.md')) ? (blocksOf(text('README.md'))[0]?.text ?? '') : undefined
    expect(first, 'the first block of README.md').toMatch(/^npm ci && npm run demo\b/m)
    expect(first, 'the first block of README.md').toMatch(/^npm test\b/m)
  })
})

describe('the checks of the documentation', () => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench()
  })
  afterAll(() => bench.clear())

  it('name the page and line of a snippet that does not compile', () => {
    const { snippets: bad } = readPage(
      'a.md',
      'Text\n\n```ts\nconst n: number = "one"\n```\n```ts compile\nlet m: bad\n```\n',
    )
    expect(bench.compile(bad)).toEqual([
      `a.md:4: Type 'string' is not assignable to type 'number'.`,
      `a.md:7: Cannot find name 'bad'.`,
    ])
  })

  it('name the page and snippet that fails, hangs on nothing, and leave out what is only compiled', async () => {
    const page = [
      '```ts\nthrow new Error("first")\n```',
      '```ts compile\nthrow new Error("never run")\n```',
      '```ts\nsetInterval(() => undefined, 1_000)\nawait Promise.resolve()\n```',
      '```ts\nPromise.reject(new Error("nobody waits"))\n```',
      '```ts\nprocess.exit(0)\n```',
    ].join('\n')
    const problems = await bench.run(readPage('b.md', page).snippets)
    expect(problems).toEqual([
      expect.stringMatching(/^b\.md:2: Error: first/),
      expect.stringMatching(/^b\.md:12: Error: nobody waits/),
      'b.md:15: ended the process',
    ])
  })

  it('let a snippet import the package, and go on with the one before', async () => {
    const page = `\`\`\`ts
import { PhasegateError } from 'phasegate'
const code = new PhasegateError('GATE_CLOSED', 'closed', { chart: 'c' }).code
\`\`\`
text
\`\`\`ts continues
import assert from 'node:assert/strict'
assert.equal(code, 'GATE_CLOSED')
\`\`\``
    const both = readPage('c.md', page).snippets
    expect(both).toHaveLength(1)
    expect(bench.compile(both)).toEqual([])
    expect(await bench.run(both)).toEqual([])
  })

  it('name the page and line of a test that fails, of a file that does, and let the others pass', async () => {
    const page = [
      "```ts test\nimport { PhasegateError } from 'phasegate'\nimport { expect, it } from 'vitest'",
      "it('is an error', () => expect(new PhasegateError('GATE_CLOSED', 'closed', { chart: 'c' })).toBeInstanceOf(Error))",
      "it('is three', () => {\n  expect(1 + 1).toBe(3)\n})\n```",
      "```ts test\nthrow new Error('too early')\n```",
      '```ts test\n```',
    ].join('\n')
    const { snippets: tests } = readPage('e.md', page)
    expect(await bench.run(tests)).toEqual([])
    expect(await bench.test(tests)).toEqual([
      expect.stringMatching(/^e\.md:6: is three: AssertionError: expected 2 to be 3/),
      expect.stringMatching(/^e\.md:10: too early/),
      expect.stringMatching(/^e\.md:13: .*No test suite found/),
    ])
  })

  it('refuse blocks that would escape them', () => {
    const { faults } = readPage(
      'd.md',
      '```js\n1\n```\n```ts ignore\n2\n```\n```ts ignore needs a server\n3\n```\n```ts continues\n```\n',
    )
    expect(faults.map(({ line }) => line)).toEqual([2, 5, 11])
  })

  it('find the files that a page links to', () => {
    const page = '[a](docs/a.md#part) [b](https://example.org) [c](#here) `[d](d.md)`\n```md\n[e](e.md)\n```\n'
    expect(linksOf(page)).toEqual(['docs/a.md'])
  })

  it('find the scripts that a shell block names', () => {
    expect(scriptsNamed('```sh\nnpm ci && npm run demo   # one\nnpm test\nnpm run check:package\n```\n')).toEqual([
      'demo',
      'test',
      'check:package',
    ])
  })
})

/** A folder outside the repository in which snippets see the package as its users do. */
class Bench {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'phasegate-snippets-')))
  #pages = 0

  constructor() {
    symlinkSync(join(ROOT, 'node_modules'), join(this.#folder, 'node_modules'))
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(this.#folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'] }),
    )
    writeFileSync(join(this.#folder, 'vitest.config.ts'), VITEST)
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Every problem as `page:line: message`, from one program over all of them. */
  compile(all: readonly Snippet[]): string[] {
    const sources = new Map(all.map((snippet) => [this.#write(snippet), snippet]))
    const config = ts.getParsedCommandLineOfConfigFile(
      join(this.#folder, 'tsconfig.json'),
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
    )
    const program = ts.createProgram([...sources.keys()], config?.options ?? {})
    return [...sources].flatMap(([file, { page }]) => {
      const source = program.getSourceFile(file)
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((problem) => {
        const line = source?.getLineAndCharacterOfPosition(problem.start ?? 0).line ?? 0
        return `${page}:${line + 1}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`
      })
    })
  }

  /** Runs the snippets of a page one after another in a process of its own, two pages at a time. */
  async run(all: readonly Snippet[]): Promise<string[]> {
    const running = all.filter((snippet) => snippet.as === 'program')
    const pagesLeft = [...new Set(running.map(({ page }) => page))]
    const problems: string[][] = []
    const worker = async (): Promise<void> => {
      for (let page = pagesLeft.shift(); page !== undefined; page = pagesLeft.shift()) {
        const here = page
        problems.push(await this.#runPage(running.filter((snippet) => snippet.page === here)))
      }
    }
    await Promise.all([worker(), worker()])
    return problems.flat()
  }

  /** Runs the snippets that are tests by a vitest of their own, and gives those that fail. */
  async test(all: readonly Snippet[]): Promise<string[]> {
    const tests = all.filter((snippet) => snippet.as === 'test')
    if (tests.length === 0) return []
    const files = new Map(tests.map((snippet) => [this.#write(snippet), snippet]))
    const results = join(this.#folder, `results-${this.#pages++}.json`)
    const args = ['run', ...files.keys(), '--root', this.#folder, '--reporter', 'json', '--outputFile', results]
    const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
      env: withoutVitest(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const { complaints } = await ended(child, 60_000)
    if (!existsSync(results)) return [`the tests of the documentation did not run: ${complaints}`]
    const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as Results
    return testResults.flatMap((file) => failuresOf(file, files.get(file.name))).sort(byPlace)
  }

  #write(snippet: Snippet): string {
    const ending = snippet.as === 'test' ? '.test.ts' : '.ts'
    const file = join(this.#folder, `${snippet.page.replaceAll(/\W/g, '-')}-${snippet.line}${ending}`)
    writeFileSync(file, `${snippet.text}export {}\n`)
    return file
  }

  async #runPage(page: readonly Snippet[]): Promise<string[]> {
    const names = page.map((snippet) => [`${snippet.page}:${snippet.line}`, this.#write(snippet)])
    const driver = join(this.#folder, `driver-${this.#pages++}.mjs`)
    writeFileSync(driver, `const snippets = ${JSON.stringify(names)}\n${DRIVER}`)
    const child = spawn(process.execPath, ['--import', 'tsx', driver], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const problems: string[] = []
    child.on('message', (problem) => problems.push(String(problem)))
    const { status, complaints } = await ended(child, 20_000)
    if (status === 0 || problems.length > 0) return problems
    return [`${page[0]?.page}: ${status === null ? 'took longer than 20 s' : complaints}`]
  }
}

/** For snippets that are tests: they see the package as ours do. */
const VITEST = `
import ours from '${join(ROOT, 'vitest.config.ts')}'
export default { resolve: ours.resolve, test: { maxWorkers: 2 } }
`

/** What vitest's json reporter writes, as far as it is read here. */
interface Results {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** How a process ended, and what it complained of; status is null when it was killed after `mostMs`. */
async function ended(child: ChildProcess, mostMs: number): Promise<{ status: number | null; complaints: string }> {
  let complaints = ''
  child.stderr?.on('data', (chunk) => {
    complaints += chunk
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), mostMs)
  const status = await new Promise<number | null>((done) => child.on('close', done))
  clearTimeout(deadline)
  return { status, complaints }
}

function failuresOf(file: Results['testResults'][number], snippet: Snippet | undefined): string[] {
  const { page, line } = snippet ?? { page: file.name, line: 1 }
  const failed = file.assertionResults.filter(({ status }) => status !== 'passed')
  if (failed.length === 0) return file.status === 'passed' ? [] : [`${page}:${line}: ${file.message}`]
  return failed.map(({ fullName, failureMessages: [thrown = 'it did not run'] = [] }) => {
    const [message, ...stack] = thrown.split(/\n {4}at /)
    const at = stack.find((place) => place.includes(file.name))?.match(/\.test\.ts:(\d+)/)?.[1] ?? line
    return `${page}:${at}: ${fullName}: ${message}`
  })
}

function byPlace(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Tells of each snippet that failed, and ends the process whatever they have left running. */
const DRIVER = `
let running
const tell = (problem) => new Promise((done) => process.send(running + ': ' + problem, done))
const shown = (error) => error instanceof Error ? error.name + ': ' + error.message : String(error)
process.on('unhandledRejection', (error) => tell(shown(error)))
process.on('uncaughtException', (error) => tell(shown(error)))
const { exit } = process
process.exit = () => { throw 'ended the process' }
for (const [name, file] of snippets) {
  running = name
  await import(file).catch((error) => tell(shown(error)))
  await new Promise((later) => setTimeout(later, 10))
}
exit(0)
`
