import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import ts from 'typescript'

/** What one file imports, types included. */
export interface Imports {
  /** Loaded with the file. */
  readonly fixed: readonly string[]
  /** Loaded when `import()` runs. */
  readonly lazy: readonly string[]
}

export function importsOf(file: string): Imports {
  const fixed: string[] = []
  const lazy: string[] = []
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      fixed.push(textOf(node.moduleSpecifier))
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      fixed.push(textOf(node.argument.literal))
    } else if (ts.isCallExpression(node) && node.arguments[0] !== undefined) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) lazy.push(textOf(node.arguments[0]))
      if (node.expression.getText() === 'require') fixed.push(textOf(node.arguments[0]))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true))
  return { fixed, lazy }
}

function textOf(node: ts.Node): string {
  return ts.isStringLiteralLike(node) ? node.text : node.getText()
}

/** Everything that comes with a file when it is imported, `import()` left out. */
export interface Reach {
  readonly files: readonly string[]
  readonly packages: readonly string[]
}

/** Follows the imports of `entry`; a declaration file leads to the declaration files beside what it names. */
export function reachOf(entry: string): Reach {
  const files = new Set<string>()
  const packages = new Set<string>()
  const follow = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const specifier of importsOf(file).fixed) {
      if (!specifier.startsWith('.')) packages.add(specifier)
      else follow(besides(file, specifier))
    }
  }
  follow(entry)
  return { files: [...files], packages: packagesOf(packages) }
}

function besides(file: string, specifier: string): string {
  const target = resolve(dirname(file), specifier)
  return file.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target
}

/** Package names without their subpaths, Node's own left out. */
export function packagesOf(specifiers: Iterable<string>): string[] {
  const names = [...specifiers]
    .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
  return [...new Set(names)].sort()
}

export function shown(folder: string, file: string): string {
  return relative(folder, file)
}
