import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { ERRORS, type ErrorCode } from '../../src/base/index.ts'

const HEAD = `# Errors

<!-- Made by \`npm run docs:errors\` from src/base/error-table.ts. Edit there. -->

Whatever the library throws is a \`PhasegateError\`: a \`code\`, the \`facts\` that belong to the code, and a message that
names what was asked, what was found and what would have been allowed. Tell codes apart with
\`isPhasegateError(error, 'FLIP_BUSY')\`, which types the facts and works across copies of the library.
`

/** The page: a contents list, then a section for each code. `source` is the file that declares `ErrorFacts`. */
export function errorsDoc(source: string): string {
  const declared = declarationsOf(source)
  const codes = Object.keys(ERRORS) as ErrorCode[]
  const facts = membersOf(interfaceNamed(declared, 'ErrorFacts'))
  const contents = codes.map((code) => `- [\`${code}\`](#${code.toLowerCase()}): ${firstSentence(ERRORS[code].means)}`)
  const sections = codes.map((code) => {
    const { means, mend } = ERRORS[code]
    return `## ${code}\n\n${means}\n\n**What to do.** ${mend}\n\n${factsOf(code, facts)}`
  })
  return `${[HEAD, `${contents.join('\n')}\n`, ...sections, sharedOf(declared)].join('\n')}`
}

function declarationsOf(source: string): ts.SourceFile {
  return ts.createSourceFile(source, readFileSync(source, 'utf8'), ts.ScriptTarget.Latest, true)
}

function interfaceNamed(file: ts.SourceFile, name: string): ts.InterfaceDeclaration {
  const found = file.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  if (found === undefined) throw new Error(`${file.fileName} declares no interface ${name}`)
  return found as ts.InterfaceDeclaration
}

function membersOf(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): Map<string, ts.TypeNode> {
  const members = node.members.filter(ts.isPropertySignature)
  return new Map(members.flatMap((member) => (member.type ? [[member.name.getText(), member.type]] : [])))
}

function factsOf(code: string, facts: Map<string, ts.TypeNode>): string {
  const type = facts.get(code)
  if (type === undefined || !ts.isTypeLiteralNode(type)) throw new Error(`ErrorFacts.${code} is not written out`)
  return table('Fact', membersOf(type))
}

/** Types that facts refer to, and the codes of failures. */
function sharedOf(file: ts.SourceFile): string {
  const failure = membersOf(interfaceNamed(file, 'FailureFacts'))
  return `## Failures\n\n\`facts.failure\` of a flip that was rolled back or got stuck:\n\n${table('Fact', failure)}\nIts \`code\` is one of ${failureCodes(file)}.\n`
}

function failureCodes(file: ts.SourceFile): string {
  const found = file.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === 'FailureCode')
  if (found === undefined || !ts.isTypeAliasDeclaration(found) || !ts.isUnionTypeNode(found.type)) {
    throw new Error(`${file.fileName} declares no union FailureCode`)
  }
  return found.type.types.map((type) => `\`${type.getText().replaceAll("'", '')}\``).join(', ')
}

function table(heading: string, members: Map<string, ts.TypeNode>): string {
  const rows = [...members].map(([name, type]) => `| \`${name}\` | \`${typeText(type)}\` |`)
  return `| ${heading} | Type |\n| --- | --- |\n${rows.join('\n')}\n`
}

function typeText(type: ts.TypeNode): string {
  return type.getText().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}

function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}
