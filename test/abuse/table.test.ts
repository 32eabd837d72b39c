/** The table in README.md is true: every test that it names is there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { project } from '../support/source-files.js'

const LINES = 43

interface Row {
  number: number
  cell: string
  tests: { file: string; name: string }[]
}

const rows = readFileSync(join(project, 'test/abuse/README.md'), 'utf8')
  .split('\n')
  .flatMap((line): Row[] => {
    const [, number, , cell] = /^\| (\d+) \| (.+?) \| (.+) \|$/.exec(line) ?? []
    return cell === undefined ? [] : [{ number: Number(number), cell, tests: testsIn(cell) }]
  })

/** Names in code font, each of the file that stands before it. */
function testsIn(cell: string): Row['tests'] {
  let file = ''
  const tests: Row['tests'] = []
  for (const [, text] of cell.matchAll(/`([^`]+)`/g)) {
    if (text!.endsWith('.test.ts')) file = text!
    else tests.push({ file, name: text! })
  }
  return tests
}

const named = new Map<string, Set<string>>()

/** What the tests and groups of a file are called. */
function namesIn(path: string): Set<string> {
  const known = named.get(path)
  if (known) return known
  const names = new Set<string>()
  named.set(path, names)
  if (!existsSync(join(project, path))) return names
  const source = ts.createSourceFile(path, readFileSync(join(project, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|test|describe)\b/.test(node.expression.getText())) {
      const [name] = node.arguments
      if (name && ts.isStringLiteralLike(name)) names.add(name.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

it('has every line once, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: LINES }, (_, i) => i + 1))
})

it('names tests, or says why there are none', () => {
  expect(rows.filter(({ tests, cell }) => tests.length === 0 && !/[a-z]{2}/.test(cell))).toEqual([])
})

it.each(rows.map((row) => [row.number, row] as const))('line %i: the tests that it names are there', (_, { tests }) => {
  expect(tests.filter(({ file, name }) => !namesIn(file).has(name))).toEqual([])
})
