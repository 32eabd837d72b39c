/** The house rules that can be checked by reading the sources: who may import whom, and what is said in one place only. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { migrations } from '../migrations/index.js'
import { project, type SourceFile, sourceFiles } from './support/source-files.js'

/**
 * The modules from the ground up, and what each may import: only what stands above it in this list, so that no two can
 * need each other. The engine is open to all and not repeated.
 */
const MODULES: Record<string, string[]> = {
  // What a repository is.
  'repo-engine': [],
  // The error that a client is meant to see: the one file of `xrpc` that knows nothing else, so anyone may throw it.
  'xrpc-error': [],
  // What all others stand on.
  migrations: [],
  config: [],
  lexicon: ['xrpc-error'],
  database: ['config', 'migrations'],
  health: ['config', 'database'],
  'api-2022': ['database', 'xrpc-error'],
  xrpc: ['config', 'database', 'lexicon', 'api-2022', 'xrpc-error'],
  auth: ['config', 'database', 'lexicon', 'xrpc', 'xrpc-error'],
  identity: ['config', 'database', 'lexicon', 'xrpc', 'xrpc-error'],
  // What happened.
  'commit-log': ['config', 'database'],
  // How it is asked for.
  repo: ['config', 'database', 'lexicon', 'xrpc', 'auth', 'identity', 'commit-log', 'xrpc-error'],
  account: ['config', 'database', 'lexicon', 'xrpc', 'auth', 'identity', 'commit-log', 'repo', 'xrpc-error'],
  sync: ['config', 'database', 'lexicon', 'xrpc', 'commit-log', 'repo', 'xrpc-error'],
  // What joins it all, and what runs that.
  'app.module': [
    ...['config', 'lexicon', 'database', 'health', 'xrpc', 'auth'],
    ...['identity', 'commit-log', 'repo', 'account', 'sync'],
  ],
  cli: ['config', 'database', 'identity', 'commit-log', 'repo', 'account', 'app.module'],
  main: ['config', 'app.module'],
  'cli.ts': ['config', 'cli'],
}

/** What the list above must never come to say: each pair breaks the one direction in which things flow. */
const NEVER: [string, string][] = [
  ['commit-log', 'projections'],
  ['repo', 'projections'],
  ['account', 'projections'],
  ['sync', 'projections'],
  ['bsky', 'repo'],
  ['bsky', 'account'],
  ['bsky', 'sync'],
  ['bsky', 'commit-log'],
]

/** Packages that one place alone may import. */
const PLACES: [packages: RegExp, name: string, place: RegExp][] = [
  [/^typeorm(\/|$)/, 'typeorm', /^(src\/modules\/database|src\/projections|migrations)\/|\.entities\.ts$/],
  [/^better-sqlite3$/, 'better-sqlite3', /^src\/modules\/database\//],
  [/^secp256k1(\/|$)/, 'secp256k1', /^src\/repo-engine\/keys\.ts$/],
]
const ENGINE_PACKAGES = /^(multiformats(\/|$)|@ipld\/|node:crypto$|secp256k1(\/|$))/

/** Who imports a file of the engine past its index, and why. */
const PAST_THE_INDEX: Record<string, string> = {
  'src/modules/cli/account-create.command.ts': 'a help text need not wait for the signing library',
}

/** Where the names of methods and record types stand beside decorators and lexicons. */
const NSID_LISTS: Record<string, string> = {
  'src/modules/account/new-identity.ts': 'the method that a service token must name',
  'src/modules/api-2022/adapters.ts': 'each call of 2022 and the method of today that answers it',
  'src/modules/repo/record-link.ts': 'the records of which one actor has one for each subject',
  'src/modules/repo/repo.controller.ts': 'the members of the unions of applyWrites',
}

/** Longer than the 350 lines that a reader takes in. */
const LONG_FILES: Record<string, string> = {
  'src/modules/lexicon/types.ts': 'written by scripts/lexicons.mjs',
  'src/repo-engine/cbor.ts': 'writer and reader of one format, side by side so that each can be held against the other',
}

const files = sourceFiles('src', 'migrations')
const inSrc = files.filter(({ path }) => path.startsWith('src/'))

describe('imports', () => {
  it('src holds the three folders and the entry files', () => {
    const known = ['app.module.ts', 'cli.ts', 'main.ts', 'modules', 'projections', 'repo-engine']
    expect(readdirSync(join(project, 'src')).filter((name) => !known.includes(name))).toEqual([])
  })

  it('every module stands in the list, once, above all that may import it', () => {
    const listed = Object.keys(MODULES)
    expect(listed.toSorted()).toEqual([...new Set(files.map(({ path }) => moduleOf(path)))].sort())
    for (const [i, name] of listed.entries())
      for (const other of MODULES[name]!) expect([name, other, listed.indexOf(other) < i]).toEqual([name, other, true])
    for (const [name, other] of NEVER) expect(MODULES[name] ?? []).not.toContain(other)
  })

  it('modules import what they may', () => {
    const wrong = everyImport(files).filter(({ from, to }) => {
      const [a, b] = [moduleOf(from), to === null ? null : moduleOf(to)]
      return b !== null && a !== b && !(b === 'repo-engine' || MODULES[a]?.includes(b))
    })
    expect(texts(wrong)).toEqual([])
  })

  it('the engine imports itself, multiformats, @ipld and cryptography', () => {
    const engine = files.filter(({ path }) => path.startsWith('src/repo-engine/'))
    const wrong = everyImport(engine).filter(({ to, target }) =>
      to === null ? !ENGINE_PACKAGES.test(target) : !to.startsWith('src/repo-engine/'),
    )
    expect(texts(wrong)).toEqual([])
  })

  it('the engine is imported by its index', () => {
    const wrong = everyImport(files).filter(
      ({ from, to }) =>
        to?.startsWith('src/repo-engine/') &&
        to !== 'src/repo-engine/index.ts' &&
        !from.startsWith('src/repo-engine/') &&
        !(from in PAST_THE_INDEX),
    )
    expect(texts(wrong)).toEqual([])
  })

  it.each(PLACES)('%s: %s is imported in one place', (packages, _, place) => {
    const wrong = everyImport(files).filter(({ from, target }) => packages.test(target) && !place.test(from))
    expect(texts(wrong)).toEqual([])
  })

  it('no file needs itself', () => {
    expect(cycles(files)).toEqual([])
  })

  it('only the engine has an index, and nothing else hands on what others export', () => {
    expect(files.map(({ path }) => path).filter((path) => path.endsWith('/index.ts'))).toEqual([
      'src/repo-engine/index.ts',
      'migrations/index.ts',
    ])
    expect(
      found(inSrc, (node) => ts.isExportDeclaration(node) && !!node.moduleSpecifier && !withinEngine(node)),
    ).toEqual([])
    expect(found(files, (node) => ts.isIdentifier(node) && node.text === 'forwardRef')).toEqual([])
  })
})

describe('one place each', () => {
  it('names of methods and record types: decorators, lexicons and a few lists', () => {
    const nsid = /^(com\.atproto|app\.bsky|chat\.bsky|tools\.ozone)(\.[a-zA-Z]+){2}/
    const isLiteral = (node: ts.Node): boolean =>
      ((ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) || ts.isTemplateHead(node)) &&
      nsid.test(node.text) &&
      !ts.findAncestor(node, ts.isDecorator)
    const elsewhere = inSrc.filter(({ path }) => moduleOf(path) !== 'lexicon' && !(path in NSID_LISTS))
    expect(found(elsewhere, isLiteral)).toEqual([])
  })

  it('the environment: the entry files and the command line', () => {
    const elsewhere = inSrc.filter(({ path }) => moduleOf(path) !== 'cli' && path !== 'src/main.ts')
    expect(found(elsewhere, (node) => isMember(node, 'process', 'env'))).toEqual([])
  })

  it('the clock and chance: config/clock.ts', () => {
    const isNow = (node: ts.Node): boolean =>
      isMember(node, 'Date', 'now') ||
      isMember(node, 'Math', 'random') ||
      (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    expect(found(inSrc, isNow).map((place) => place.split(':')[0])).toEqual(['src/modules/config/clock.ts'])
  })

  it('migrations: index.ts has every file, in order', () => {
    const numbered = readdirSync(join(project, 'migrations'))
      .filter((name) => /^\d{4}-/.test(name))
      .sort()
    const index = files.find(({ path }) => path === 'migrations/index.ts')!
    expect(index.imports.map(({ target }) => target)).toEqual(numbered.map((name) => `migrations/${name}`))
    const numbers = migrations.map(({ name }) => Number(/\d{13}$/.exec(name)?.[0]) - 1_700_000_000_000)
    expect(numbers).toEqual(numbered.map((name) => Number(name.slice(0, 4))))
  })

  it('a file has one subject: 350 lines', () => {
    expect(files.filter(({ path, lines }) => lines > 350 && !(path in LONG_FILES)).map(({ path }) => path)).toEqual([])
  })

  it('no exception outlives its reason', () => {
    const paths = new Set(files.map(({ path }) => path))
    for (const list of [PAST_THE_INDEX, NSID_LISTS, LONG_FILES])
      expect(Object.keys(list).filter((path) => !paths.has(path))).toEqual([])
  })
})

function moduleOf(path: string): string {
  if (path === 'src/modules/xrpc/xrpc-error.ts') return 'xrpc-error'
  const [top, second, third] = path.split('/')
  if (top === 'migrations') return top
  if (second === 'modules') return third!
  return second === 'cli.ts' ? second : second!.replace(/\.ts$/, '')
}

interface FoundImport {
  from: string
  line: number
  target: string
  /** The file it leads to; null for a package. */
  to: string | null
}

function everyImport(from: SourceFile[]): FoundImport[] {
  return from.flatMap(({ path, imports }) =>
    imports.map(({ target, line }) => ({
      from: path,
      line,
      target,
      to: /^(src|migrations|test)\//.test(target) ? target : null,
    })),
  )
}

function texts(imports: FoundImport[]): string[] {
  return imports.map(({ from, line, target }) => `${from}:${line} imports ${target}`)
}

/** Where in these files there is such a node. */
function found(from: SourceFile[], is: (node: ts.Node) => boolean): string[] {
  return from.flatMap(({ path, nodes }) =>
    nodes.filter(({ node }) => is(node)).map(({ node, line }) => `${path}:${line} ${node.getText().slice(0, 60)}`),
  )
}

function isMember(node: ts.Node, object: string, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && node.expression.getText() === object && node.name.text === name
}

function withinEngine(node: ts.Node): boolean {
  return node.getSourceFile().fileName.startsWith('src/repo-engine/')
}

/** Files that load each other, by imports that are there when the program runs. */
function cycles(among: SourceFile[]): string[] {
  const loads = new Map(among.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly)]))
  const done = new Set<string>()
  const rings: string[] = []
  const visit = (path: string, way: string[]): void => {
    if (way.includes(path)) rings.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    if (way.includes(path) || done.has(path)) return
    for (const { target } of loads.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const { path } of among) visit(path, [])
  return rings
}
