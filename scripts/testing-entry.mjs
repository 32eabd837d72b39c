/**
 * Makes `skylog/testing` out of the build, in dist/testing: index.js with the server as one file (a process that runs a
 * network is ready in half the time that it takes to find and read two thousand), index.cjs for programs that require it,
 * and the types of both.
 *
 *   node scripts/testing-entry.mjs
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const room = join(root, 'dist/src/modules/dev-network')
const out = join(root, 'dist/testing')

/** What is native, or loaded by those alone who use it: stays the installed package. */
const EXTERNAL = ['better-sqlite3', 'secp256k1', 'sharp', '@aws-sdk/client-s3', '@aws-sdk/lib-storage']

/** Files that the server reads beside its own. */
const DOCUMENTS = ['lexicon/documents.json', 'identity/reserved-names.json']

/** Licences alone: half a start is the reading of this. */
const COMMENTS = { legal: true, annotation: false, jsdoc: false }

/** An ES module of http has all loaded that hangs on it, the client behind `fetch` with HTTP/2 as well, in 30 ms. */
const httpAlone = {
  name: 'http-alone',
  enforce: 'pre',
  resolveId: (id) => (/^(node:)?http$/.test(id) ? '\0http' : null),
  load: (id) => (id === '\0http' ? `module.exports = process.getBuiltinModule('node:http')` : null),
}

async function bundle(input, output, external, emptyOutDir) {
  await build({
    ...{ configFile: false, root, logLevel: 'error' },
    plugins: [httpAlone],
    ssr: { noExternal: true, external },
    build: {
      ...{ ssr: true, outDir: out, emptyOutDir, target: 'node24', minify: false },
      // The names of classes are what migrations are known by.
      rolldownOptions: {
        input,
        treeshake: false,
        output: { keepNames: true, comments: COMMENTS, chunkFileNames: '[name].js', ...output },
      },
    },
  })
}

await bundle(
  { index: join(room, 'test-network.js'), 'network-process': join(room, 'network-process.js') },
  { format: 'es', entryFileNames: '[name].js' },
  EXTERNAL,
  true,
)
await bundle({ index: join(room, 'required.js') }, { format: 'cjs', entryFileNames: '[name].cjs' }, [], false)

for (const path of DOCUMENTS) copyFileSync(join(root, 'dist/src/modules', path), join(out, path.split('/').at(-1)))

// Two source files have all the types, so that they can be had without compiling the server; once as ES modules have them,
// once as CommonJS does.
const TYPES = { index: 'dev-network/test-network.ts', lexicons: 'lexicon/types.ts' }

for (const [name, path] of Object.entries(TYPES)) {
  const source = readFileSync(join(root, 'src/modules', path), 'utf8')
  const { outputText, diagnostics } = ts.transpileDeclaration(source, { fileName: path })
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})))
  for (const kind of ['', 'c'])
    writeFileSync(join(out, `${name}.d.${kind}ts`), outputText.replace('../lexicon/types.js', `./lexicons.${kind}js`))
}
