/** The rules of the house that can be checked by reading it: who may import whom, and what has one place only. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { migrations } from '../migrations/index.js'
import { project, type SourceFile, sourceFiles } from './support/source-files.js'

/**
 * The modules from the ground up, and what each may import: nothing but what stands above it here, so that no two can
 * need each other. Everyone may import the engine, which is not repeated.
 */
const MODULES: Record<string, string[]> = {
  // What a repository is.
  'repo-engine': [],
  // Plumbing. The error that a client is meant to see is the one file of `xrpc` that needs nothing, so anyone throws it.
  'xrpc-error': [],
  migrations: [],
  config: [],
  log: ['config'],
  tracing: ['config', 'log'],
  lexicon: ['xrpc-error'],
  database: ['config', 'log', 'tracing', 'migrations'],
  outbox: ['config', 'log', 'tracing', 'database'],
  mail: ['config', 'database', 'outbox'],
  'api-2022': ['database', 'lexicon', 'xrpc-error'],
  xrpc: ['config', 'log', 'tracing', 'lexicon', 'database', 'api-2022', 'xrpc-error'],
  auth: ['config', 'lexicon', 'database', 'xrpc', 'xrpc-error'],
  // What the operator and moderators have done: for every room to write down.
  audit: ['config', 'database', 'xrpc', 'auth', 'xrpc-error'],
  'rate-limit': ['config', 'xrpc', 'auth', 'xrpc-error'],
  identity: ['config', 'tracing', 'lexicon', 'database', 'xrpc', 'auth', 'rate-limit', 'xrpc-error'],
  proxy: ['config', 'tracing', 'lexicon', 'xrpc', 'auth', 'rate-limit', 'identity', 'xrpc-error'],
  // What happened, in order.
  'commit-log': ['config', 'database'],
  // How it is asked for.
  repo: [
    ...['config', 'tracing', 'lexicon', 'database', 'xrpc', 'auth', 'audit', 'identity', 'commit-log'],
    'xrpc-error',
  ],
  // How it is heard of.
  firehose: ['config', 'lexicon', 'database', 'xrpc', 'rate-limit', 'identity', 'commit-log', 'repo', 'xrpc-error'],
  // Whose it is, and how it travels.
  account: [
    ...['config', 'lexicon', 'database', 'outbox', 'mail', 'xrpc', 'auth', 'audit', 'identity', 'commit-log', 'repo'],
    'xrpc-error',
  ],
  sync: ['config', 'lexicon', 'database', 'xrpc', 'auth', 'identity', 'commit-log', 'repo', 'xrpc-error'],
  replication: [
    ...['config', 'lexicon', 'database', 'outbox', 'xrpc', 'auth', 'audit', 'identity', 'commit-log', 'repo'],
    ...['account', 'sync'],
    'xrpc-error',
  ],
  blob: ['config', 'lexicon', 'database', 'outbox', 'xrpc', 'auth', 'rate-limit', 'identity', 'repo', 'xrpc-error'],
  // What it means, and what is kept beside it.
  projections: ['config', 'tracing', 'lexicon', 'database', 'xrpc', 'auth', 'commit-log', 'repo', 'xrpc-error'],
  'private-state': ['config', 'lexicon', 'database', 'xrpc', 'auth', 'xrpc-error'],
  moderation: [
    ...['config', 'lexicon', 'database', 'outbox', 'xrpc', 'auth', 'audit', 'identity', 'commit-log', 'repo'],
    ...['proxy', 'firehose', 'account', 'replication', 'xrpc-error'],
  ],
  // How accounts come here from other servers.
  migration: [
    ...['config', 'lexicon', 'database', 'xrpc', 'auth', 'identity', 'commit-log', 'repo', 'account', 'blob'],
    ...['private-state', 'moderation', 'xrpc-error'],
  ],
  // How all of it is copied, and what a copy has to do before it may go on.
  backup: [
    ...[
      'config',
      'database',
      'xrpc',
      'auth',
      'audit',
      'identity',
      'commit-log',
      'repo',
      'account',
      'blob',
      'xrpc-error',
    ],
  ],
  // How that is read.
  bsky: [
    ...['config', 'lexicon', 'database', 'xrpc', 'auth', 'identity', 'proxy', 'xrpc-error'],
    ...['projections', 'private-state', 'moderation'],
  ],
  // What is the matter with all of that.
  doctor: [
    ...['config', 'migrations', 'database', 'mail', 'xrpc', 'auth', 'identity', 'commit-log', 'replication', 'blob'],
    ...['projections', 'backup', 'xrpc-error'],
  ],
  // How it all does.
  health: ['config', 'database', 'projections'],
  metrics: [
    ...[
      'config',
      'log',
      'database',
      'outbox',
      'mail',
      'xrpc',
      'auth',
      'rate-limit',
      'commit-log',
      'firehose',
      'replication',
    ],
    ...['blob', 'projections', 'health', 'backup'],
  ],
  // How people see all that.
  console: ['config', 'xrpc', 'xrpc-error'],
  // What joins it all, and what starts that.
  'app.module': [
    ...['config', 'tracing', 'lexicon', 'database', 'health', 'xrpc', 'auth', 'audit', 'rate-limit', 'identity'],
    ...['proxy', 'commit-log', 'repo', 'account', 'sync', 'firehose', 'replication', 'blob', 'projections'],
    ...['private-state', 'moderation', 'migration', 'backup', 'bsky', 'metrics', 'doctor', 'console'],
  ],
  // Whole servers, for the tests of those who write clients.
  'dev-network': ['config', 'lexicon', 'database', 'replication', 'app.module'],
  cli: [
    ...['config', 'database', 'identity', 'xrpc', 'audit', 'commit-log', 'repo', 'account', 'replication'],
    ...['mail', 'projections', 'blob', 'moderation', 'migration', 'backup', 'doctor', 'xrpc-error', 'app.module'],
    'dev-network',
  ],
  'src/main.ts': ['config', 'app.module'],
  'src/cli.ts': ['config', 'cli'],
}

/** What the list above must never come to say: each would turn round the one direction in which things flow. */
const NEVER: [module: string, imports: string[]][] = [
  ['commit-log', ['repo', 'account', 'sync', 'firehose', 'projections', 'bsky']],
  ['repo', ['projections', 'bsky']],
  ['account', ['projections', 'bsky']],
  ['sync', ['projections', 'bsky']],
  ['replication', ['projections', 'bsky']],
  ['blob', ['projections', 'bsky']],
  ['bsky', ['repo', 'account', 'sync', 'commit-log']],
]

/** Packages that one place alone may import. */
const PLACES: [name: string, packages: RegExp, place: RegExp][] = [
  ['typeorm', /^typeorm(\/|$)/, /^(src\/modules\/database|src\/projections|migrations)\/|\.entities\.ts$/],
  ['better-sqlite3', /^better-sqlite3$/, /^src\/modules\/database\//],
  ['pino', /^pino(-pretty)?$/, /^src\/modules\/log\//],
  ['opentelemetry', /^@opentelemetry\//, /^src\/modules\/(tracing\/|log\/scope\.ts$)/],
  ['prom-client', /^prom-client$/, /^src\/modules\/metrics\//],
  ['secp256k1', /^secp256k1(\/|$)/, /^src\/repo-engine\/keys\.ts$/],
]
const ENGINE_PACKAGES = /^(multiformats\/|@ipld\/|node:crypto$|secp256k1(\/|$))/

/** Who imports a file of the engine past its index, and why. */
const PAST_THE_INDEX = {
  'src/modules/cli/new-password.ts': 'a help text need not wait for the signing library',
}

/** Where names of methods and record types stand beside decorators and lexicons. */
const NSIDS = {
  'src/modules/account/sign-up/incoming-dids.ts': 'the method that a service token must name',
  'src/modules/auth/guarded-methods.ts': 'the methods that nobody calls through a service token without more',
  'src/modules/api-2022/adapters-atproto.ts': 'each com.atproto call of 2022, and the method of today that answers it',
  'src/modules/api-2022/adapters-bsky.ts': 'each app.bsky call of 2022, and the method of today that answers it',
  'src/modules/api-2022/composites.ts': 'the calls of 2022 that take several methods of today',
  'src/modules/migration/move/remote-server.ts': 'the method by which a session elsewhere goes on',
  'src/modules/migration/move/two-accounts.ts': 'the methods of other servers that a move calls',
  'src/modules/repo/record-link.ts': 'the records of which an actor has one for each subject',
  'src/modules/rate-limit/limits.ts': 'the methods that have limits of their own',
  'src/modules/dev-network/calls.ts': 'the methods by which somebody comes to have an account, a session and records',
  'src/modules/dev-network/seed/plant.ts': 'what people in a seeded network do',
  'src/modules/blob/blob-fetch.ts': 'the method that the server of an account answers',
  'src/modules/bsky/generator/feed-source.ts': 'the methods that feed generators answer',
  'src/modules/firehose/subscribe-repos.ts': 'a stream, which no decorator routes',
  'src/modules/moderation/report-forwarding.ts': 'the method that moderation services answer',
  'src/modules/moderation/subscribe-labels.ts': 'a stream, which no decorator routes',
  'src/modules/moderation/subject.ts': 'a subject that is a record, a member of its union by its own name',
}

const ENVIRONMENT = {
  'src/main.ts': 'the server',
  'src/modules/cli/options.ts': 'the command line',
}

const CLOCK = {
  'src/modules/config/clock.ts': 'the clock that all others are given',
  'src/modules/dev-network/isolated-network.ts': 'what the clock in the other process says, without loading the server',
}

/** Longer than the 350 lines that a reader takes in. */
const LONG = {
  'src/modules/lexicon/types.ts': 'written by scripts/lexicons.mjs',
  'src/repo-engine/cbor.ts': 'writer and reader of one format, so that each can be held against the other',
}

const files = sourceFiles('src', 'migrations')
const engine = files.filter(({ path }) => path.startsWith('src/repo-engine/'))
const others = files.filter((file) => !engine.includes(file))

describe('who may import whom', () => {
  it('src holds three folders and the entry files', () => {
    const known = ['app.module.ts', 'cli.ts', 'main.ts', 'modules', 'projections', 'repo-engine']
    expect(readdirSync(join(project, 'src')).filter((name) => !known.includes(name))).toEqual([])
  })

  it('the list has every module, below all that it may import', () => {
    const listed = Object.keys(MODULES)
    expect(new Set(files.map(({ path }) => moduleOf(path)))).toEqual(new Set(listed))
    for (const [i, name] of listed.entries())
      expect(MODULES[name]!.filter((other) => !listed.slice(0, i).includes(other))).toEqual([])
    for (const [name, imports] of NEVER)
      expect(MODULES[name]?.filter((other) => imports.includes(other)) ?? []).toEqual([])
  })

  it('modules import what they may', () => {
    const wrong = places(others, ({ path, imports }) =>
      imports.filter(({ target }) => {
        if (!isInside(target)) return false
        const [from, to] = [moduleOf(path), moduleOf(target)]
        return from !== to && to !== 'repo-engine' && !MODULES[from]?.includes(to)
      }),
    )
    expect(wrong).toEqual([])
  })

  it('the engine imports itself, multiformats, @ipld and cryptography', () => {
    const wrong = places(engine, ({ imports }) =>
      imports.filter(({ target }) => !target.startsWith('src/repo-engine/') && !ENGINE_PACKAGES.test(target)),
    )
    expect(wrong).toEqual([])
  })

  it('the engine is imported by its index', () => {
    const past = places(others, ({ imports }) =>
      imports.filter(({ target }) => /^src\/repo-engine\/(?!index\.ts$)/.test(target)),
    )
    expect(excepting(past, PAST_THE_INDEX)).toEqual(NOTHING)
  })

  it.each(PLACES)('%s has one place', (_, packages, place) => {
    const wrong = places(files, ({ path, imports }) =>
      imports.filter(({ target }) => packages.test(target) && !place.test(path)),
    )
    expect(wrong).toEqual([])
  })

  it('no file needs itself', () => {
    expect(rings(files)).toEqual([])
  })

  it('no barrel but the index of the engine, and nothing that puts a ring off', () => {
    const handedOn = places(others, ({ nodes }) =>
      nodes.filter(({ node }) => ts.isExportDeclaration(node) && node.moduleSpecifier),
    )
    expect(handedOn).toEqual([])
    expect(placesOf(files, (node) => ts.isIdentifier(node) && node.text === 'forwardRef')).toEqual([])
  })
})

describe('what has one place', () => {
  it('names of methods and record types: decorators, lexicons and a few lists', () => {
    // The members of unions (`…#…`, embeds) are no names of anything: the compiler checks them against the lexicons.
    const nsid = /^(com\.atproto|app\.bsky(?!\.embed\.)|chat\.bsky|tools\.ozone)(\.[a-zA-Z]+){2}(?![a-zA-Z]*#)/
    const isLiteral = (node: ts.Node): boolean =>
      (ts.isTemplateHead(node) || (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent))) &&
      nsid.test(node.text) &&
      !ts.findAncestor(node, ts.isDecorator)
    const elsewhere = files.filter(({ path }) => moduleOf(path) !== 'lexicon')
    expect(excepting(placesOf(elsewhere, isLiteral), NSIDS)).toEqual(NOTHING)
  })

  it('the environment', () => {
    expect(excepting(placesOf(files, isMember('process', 'env')), ENVIRONMENT)).toEqual(NOTHING)
  })

  it('the clock, and chance', () => {
    const isNow = (node: ts.Node): boolean =>
      isMember('Date', 'now')(node) ||
      isMember('Math', 'random')(node) ||
      (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    expect(excepting(placesOf(files, isNow), CLOCK)).toEqual(NOTHING)
  })

  it('migrations: the index has every file, in order', () => {
    const numbered = readdirSync(join(project, 'migrations')).filter((name) => /^\d{4}-/.test(name))
    const index = files.find(({ path }) => path === 'migrations/index.ts')!
    expect(index.imports.map(({ target }) => target)).toEqual(numbered.sort().map((name) => `migrations/${name}`))
    // What TypeORM orders them by stands at the end of their names.
    const numbers = migrations.map(({ name }) => Number(name.slice(-13)) - 1_700_000_000_000)
    expect(numbers).toEqual(numbered.map((name) => Number(name.slice(0, 4))))
  })

  it('a file: 350 lines', () => {
    const long = files.filter(({ lines }) => lines > 350).map(({ path, lines }) => `${path}:${lines}`)
    expect(excepting(long, LONG)).toEqual(NOTHING)
  })
})

/** The folder of a file, or the file itself where it stands alone. */
function moduleOf(path: string): string {
  if (path === 'src/modules/xrpc/xrpc-error.ts') return 'xrpc-error'
  if (path === 'src/app.module.ts') return 'app.module'
  return /^(?:src\/modules\/(.+?)|src\/(.+?)|(migrations))\//.exec(path)?.slice(1).find(Boolean) ?? path
}

function isInside(target: string): boolean {
  return /^(src|migrations)\//.test(target)
}

/** `path:line code` of what is picked from each file. */
function places(from: SourceFile[], pick: (file: SourceFile) => { node: ts.Node; line: number }[]): string[] {
  return from.flatMap((file) =>
    pick(file).map(({ node, line }) => `${file.path}:${line} ${node.getText().replace(/\s+/g, ' ').slice(0, 100)}`),
  )
}

function placesOf(from: SourceFile[], is: (node: ts.Node) => boolean): string[] {
  return places(from, ({ nodes }) => nodes.filter(({ node }) => is(node)))
}

function isMember(object: string, name: string): (node: ts.Node) => boolean {
  return (node) => ts.isPropertyAccessExpression(node) && node.getText() === `${object}.${name}`
}

/** Places that are no exception, and exceptions without a place: a list must not outlive its reasons. */
function excepting(all: string[], exceptions: Record<string, string>): typeof NOTHING {
  const paths = new Set(all.map((place) => place.split(':')[0]!))
  return {
    wrong: all.filter((place) => !(place.split(':')[0]! in exceptions)),
    idle: Object.keys(exceptions).filter((path) => !paths.has(path)),
  }
}
const NOTHING: { wrong: string[]; idle: string[] } = { wrong: [], idle: [] }

/** Files that load each other, by the imports that are still there when the program runs. */
function rings(among: SourceFile[]): string[] {
  const loaded = new Map(among.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly)]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, way: string[]): void => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    else if (!done.has(path)) for (const { target } of loaded.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const { path } of among) visit(path, [])
  return found
}
