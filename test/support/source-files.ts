import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const project = fileURLToPath(new URL('../..', import.meta.url))

/** One import, however it is written: statement, re-export, `import()`, or the type `import('…')`. */
export interface Import {
  /** A path inside the project (`src/main.ts`), or the package as it is named. */
  target: string
  /** The compiler drops it: nothing is loaded for its sake. */
  typeOnly: boolean
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
    readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(project, join(entry.parentPath, entry.name)).split(sep).join('/'))
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
    const found = readImport(node)
    return found ? [{ ...found, target: resolve(path, found.target), line }] : []
  })
  return { path, lines: text.split('\n').length - 1, imports, nodes }
}

function readImport(node: ts.Node): { target: string; typeOnly: boolean } | null {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause
    const names = clause?.namedBindings
    const typesAlone =
      names && ts.isNamedImports(names) && names.elements.length > 0 && names.elements.every((name) => name.isTypeOnly)
    return named(
      node.moduleSpecifier,
      clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || (!clause?.name && !!typesAlone),
    )
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) return named(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return named(node.arguments[0]!, false)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true)
  return null
}

function named(specifier: ts.Node, typeOnly: boolean): { target: string; typeOnly: boolean } {
  if (!ts.isStringLiteralLike(specifier)) throw new Error(`an import that only runs can tell: ${specifier.getText()}`)
  return { target: specifier.text, typeOnly }
}

function resolve(from: string, target: string): string {
  return target.startsWith('.') ? posix.join(dirname(from), target).replace(/\.js$/, '.ts') : target
}
