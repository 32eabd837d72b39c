/**
 * The official PDS, for tests that need the real one: installed from npm into `.official/`, which is no part of this
 * project, and run as a child.
 *
 *   node scripts/official-pds.mjs install
 *   node scripts/official-pds.mjs start --data DIR --plc URL [--port 0] [--hostname NAME] [--did DID] [--env FILE]
 *
 * `start` installs it where it is missing, prints one line of JSON when it is ready ({url, did, adminPassword}), and
 * stops on SIGTERM. `--env` writes its settings into a file, as an installer would.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const FOLDER = join(ROOT, '.official')
export const VERSION = '0.5.35'
/** better-sqlite3 12 has to be compiled; this one brings what it needs, as it does for us. */
const MANIFEST = {
  private: true,
  type: 'module',
  description: 'The official PDS, for tests. Made by scripts/official-pds.mjs; delete it whenever you like.',
  dependencies: { '@atproto/pds': VERSION },
  overrides: { 'better-sqlite3': '13.2.0' },
}

/** Installs it, unless it is there. No package of it runs a script. */
export function install() {
  const manifest = `${JSON.stringify(MANIFEST, null, 2)}\n`
  const file = join(FOLDER, 'package.json')
  const isThere = existsSync(join(FOLDER, 'installed')) && readFileSync(file, 'utf8') === manifest
  if (isThere) return
  process.stderr.write(`Installing @atproto/pds ${VERSION} into .official (about 350 MB, once) …\n`)
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(file, manifest)
  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    execFileSync('npm', ['install', ...flags], { cwd: FOLDER, stdio: ['ignore', 2, 2], timeout: 600_000 })
  } catch (error) {
    throw new Error(
      `the official PDS could not be installed (${error.message}). These tests need a package registry: check that ` +
        '`npm view @atproto/pds version` answers, delete .official, and try again',
    )
  }
  writeFileSync(join(FOLDER, 'installed'), VERSION)
}

/** The settings of a server in the words of its own `pds.env`. Secrets are no secrets: they guard test data. */
function environment({ data, plc, port, hostname, did }) {
  return {
    PDS_HOSTNAME: hostname,
    PDS_PORT: String(port),
    // Beside another server on localhost it needs a name of its own.
    ...(hostname === 'localhost' && { PDS_SERVICE_DID: did }),
    PDS_DATA_DIRECTORY: data,
    PDS_BLOBSTORE_DISK_LOCATION: join(data, 'blocks'),
    PDS_DEV_MODE: String(hostname === 'localhost'),
    PDS_INVITE_REQUIRED: 'false',
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    PDS_DID_PLC_URL: plc,
    PDS_BSKY_APP_VIEW_URL: 'https://appview.invalid',
    PDS_BSKY_APP_VIEW_DID: 'did:example:invalid',
    PDS_JWT_SECRET: 'jwt-secret-of-a-test-jwt-secret-of-a-test',
    PDS_ADMIN_PASSWORD: 'admin-password-of-a-test',
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '1d'.repeat(32),
    PDS_BLOB_UPLOAD_LIMIT: String(100 * 1024 ** 2),
    PDS_MAX_REPO_IMPORT_SIZE: String(1024 ** 3),
    PDS_DISABLE_SSRF_PROTECTION: 'true',
    LOG_ENABLED: 'false',
  }
}

async function start(options) {
  install()
  const env = environment({ ...options, port: Number(options.port) || (await freePort()) })
  mkdirSync(env.PDS_DATA_DIRECTORY, { recursive: true })
  if (options.env) {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(options.env, lines.join(''))
  }
  Object.assign(process.env, env)
  const require = createRequire(join(FOLDER, 'package.json'))
  const { PDS } = await import(pathToFileURL(require.resolve('@atproto/pds')).href)
  const pds = await PDS.fromEnv()
  await pds.start()
  const stop = () => void pds.destroy().then(() => process.exit(0))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  const url = `http://localhost:${env.PDS_PORT}`
  const did = env.PDS_SERVICE_DID ?? `did:web:${env.PDS_HOSTNAME}`
  console.log(JSON.stringify({ url, did, adminPassword: env.PDS_ADMIN_PASSWORD }))
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = { type: 'string' }
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ data: option, plc: option, port: option, env: option },
      hostname: { ...option, default: 'localhost' },
      did: { ...option, default: 'did:web:official.test' },
    },
  })
  const [what] = positionals
  try {
    if (what === 'install') install()
    else if (what === 'start' && values.data && values.plc) await start(values)
    else
      throw new Error(
        'usage: node scripts/official-pds.mjs install | start --data DIR --plc URL [--port N] [--env FILE]',
      )
  } catch (error) {
    console.error(`error: ${error.message}`)
    process.exit(1)
  }
}
