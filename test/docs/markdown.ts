/** A fenced block: what stands after the fence, the text, and the line it begins on (from 1). */
export interface Block {
  readonly info: string
  readonly text: string
  readonly line: number
}

/** TypeScript of a page that is compiled, and run or tested, as one file. Its lines are numbered as those of the page. */
export interface Snippet {
  readonly page: string
  readonly line: number
  readonly as: 'program' | 'test' | 'text'
  readonly text: string
}

/** A block that keeps no rule, and what is wrong with it. */
export interface Fault {
  readonly page: string
  readonly line: number
  readonly problem: string
}

export interface Page {
  readonly snippets: readonly Snippet[]
  readonly faults: readonly Fault[]
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { fence: string; indent: number; info: string; line: number; text: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line)
    if (open === undefined) {
      if (mark)
        open = { fence: mark[2] ?? '', indent: (mark[1] ?? '').length, info: mark[3] ?? '', line: index + 2, text: [] }
    } else if (mark?.[2]?.startsWith(open.fence) && mark[3] === '') {
      blocks.push({ info: open.info, text: open.text.join('\n'), line: open.line })
      open = undefined
    } else {
      open.text.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)))
    }
  }
  return blocks
}

/**
 * What follows `ts` on a fence:
 * nothing          compiled, and run
 * `test`           compiled, and run by vitest
 * `compile`        compiled only
 * `continues`      goes on where the block before it ended: both are one file
 * `ignore <why>`   neither; a reason is required
 */
export function readPage(page: string, markdown: string): Page {
  const snippets: Snippet[] = []
  const faults: Fault[] = []
  for (const { info, text, line } of blocksOf(markdown)) {
    const [language = '', mode = '', ...reason] = info.split(/\s+/)
    const previous = snippets.at(-1)
    if (/^(typescript|mts|cts|tsx|js|mjs|cjs|javascript|jsx)$/i.test(language)) {
      faults.push({ page, line, problem: `a block of "${language}" is never checked: write it as ts` })
    } else if (language !== 'ts') {
      // Shell, JSON and the like.
    } else if (mode === '' || mode === 'test' || mode === 'compile') {
      const as = mode === '' ? 'program' : mode === 'test' ? 'test' : 'text'
      snippets.push({ page, line, as, text: `${'\n'.repeat(line - 1)}${text}\n` })
    } else if (mode === 'continues' && previous !== undefined) {
      const gap = '\n'.repeat(line - previous.text.split('\n').length)
      snippets[snippets.length - 1] = { ...previous, text: `${previous.text}${gap}${text}\n` }
    } else if (mode !== 'ignore' || reason.length === 0) {
      faults.push({
        page,
        line,
        problem: `"${info}": after ts comes nothing, test, compile, continues, or ignore with a reason`,
      })
    }
  }
  return { snippets, faults }
}

/** Every `npm run <name>` and `npm test` of the page's shell blocks, by the name of the script. */
export function scriptsNamed(markdown: string): string[] {
  const shell = blocksOf(markdown).filter(({ info }) => /^(sh|bash|shell|console)\b/.test(info))
  return shell.flatMap(({ text }) =>
    [...text.matchAll(/\bnpm (?:run |(?=test\b|start\b))([\w:-]+)/g)].map(([, name]) => name ?? ''),
  )
}

/** The files that a page links to, without their fragments; links to elsewhere and to itself left out. */
export function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link?.replace(/#.*$/, '') ?? '')
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
}
