import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const project = fileURLToPath(new URL('../..', import.meta.url))

/** One import, however it is written: statement, re-export, `import()`, or the type `import('…')`. */
export interface Import {
  /** A path inside the project (`src/main.ts`), or the package as it is named. */
  target: string
  /** The compiler drops it: nothing is loaded for its sake. */
  typeOnly: boolean
  node: ts.Node
  line: number
}

/** A source file as the compiler sees it; paths are relative to the project and have `/`. */
export interface SourceFile {
  path: string
  lines: number
  imports: Import[]
  /** Every node of the syntax tree, in order. */
  nodes: { node: ts.Node; line: number }[]
}

/** All TypeScript of some folders of the project. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [folder, ...name.split(sep)].join('/'))
      .sort()
      .map(readSource),
  )
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(project, path), 'utf8')
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const nodes: SourceFile['nodes'] = []
  const visit = (node: ts.Node): void => {
    nodes.push({ node, line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 })
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  const imports = nodes.flatMap(({ node, line }) => {
    const specifier = specifierOf(node)
    return specifier ? [{ target: targetOf(path, specifier), typeOnly: isTypeOnly(node), node, line }] : []
  })
  return { path, lines: text.split('\n').length - 1, imports, nodes }
}

/** What a node imports from; undefined when it imports nothing. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0]
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  return undefined
}

function targetOf(path: string, specifier: ts.Node): string {
  if (!ts.isStringLiteralLike(specifier))
    throw new Error(`${path}: where ${specifier.getText()} leads, nobody can read`)
  const { text } = specifier
  return text.startsWith('.') ? posix.join(posix.dirname(path), text).replace(/\.js$/, '.ts') : text
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node)) return ts.isImportTypeNode(node)
  const clause = node.importClause
  if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const names = clause?.namedBindings
  return !clause?.name && !!names && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly)
}
