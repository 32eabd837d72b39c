#!/usr/bin/env node
/**
 * Starts the command line on a Node that is new enough (the native modules crash on older ones), from a build that is no
 * older than the sources. A package that was installed has no sources beside it, and runs as it is.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const entry = join(root, 'dist/src/cli.js')
const lock = join(root, 'node_modules/.skylog-build')
const require = module.createRequire(import.meta.url)

const [major, minor] = process.versions.node.split('.').map(Number)
// What is returned to the allocator goes back to the system, in a server that hashes passwords in 19 MB each.
const MEMORY = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144' }

if (major < 24 || (major === 24 && minor < 7)) runWith(bundledNode())
else if (process.argv[2] === 'serve' && process.env.MALLOC_ARENA_MAX === undefined) runWith(process.execPath)
else {
  // While another command line builds, what is there may look new and is not whole yet: so the lock is looked at last.
  if (existsSync(join(root, 'src')) && (isStale() || existsSync(lock))) build()
  // Half of what a short command takes is the compiling of its dependencies. Kept here, where it lasts and nobody else writes,
  // or else in the temporary directory.
  for (const folder of [join(root, '.compiled'), undefined]) module.enableCompileCache(folder)
  await import(entry)
}

/** The Node that is installed as a dependency. */
function bundledNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const { bin } = require(`${name}/package.json`)
    return join(require.resolve(`${name}/package.json`), '..', bin.node)
  } catch {
    fail(`needs Node 24.7 or newer; this is ${process.versions.node}, and the package ${name} is not installed`)
  }
}

/** Runs this same command line on another Node, in this process's place. */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env: { ...MEMORY, ...process.env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

function isStale() {
  const built = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return ['src', 'migrations'].some((folder) =>
    readdirSync(join(root, folder), { recursive: true }).some(
      (file) => statSync(join(root, folder, file), { throwIfNoEntry: false })?.mtimeMs > built,
    ),
  )
}

/** One build at a time: a second command line waits for the first one's, and finds it done. */
function build() {
  while (!takeLock()) {
    // Whoever held it was killed.
    if (!isHeld()) rmSync(lock, { recursive: true, force: true })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  const failure = isStale() ? runBuild() : null
  rmSync(lock, { recursive: true, force: true })
  if (failure !== null) fail(`the build failed\n${failure}`)
}

/** What the build has to say when it fails, or null. */
function runBuild() {
  process.stderr.write('skylog: building …\n')
  const nest = require.resolve('@nestjs/cli/bin/nest.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, encoding: 'utf8' })
  if (status === 0) return null
  // Half a build must not pass for a new one.
  rmSync(entry, { force: true })
  return `${stdout}${stderr}`
}

function takeLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST')
      fail(`the sources are newer than the build, which is not to be written here: npm run build (${error.message})`)
    return false
  }
}

function isHeld() {
  try {
    return process.kill(Number(readFileSync(lock, 'latin1')), 0)
  } catch ({ code }) {
    // It was let go meanwhile, or somebody else's process has it.
    return code === 'ENOENT' || code === 'EPERM'
  }
}

function fail(message) {
  process.stderr.write(`skylog: ${message}\n`)
  process.exit(1)
}
