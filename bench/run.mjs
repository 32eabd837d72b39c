/** Builds if the sources are newer than the build, then runs the named scripts on the project's Node. See README.md. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPTS = [
  'engine',
  'server',
  'accounts',
  'blobs',
  'backup',
  'appview',
  'replay',
  'projections',
  'firehose',
  'mirror',
  'compare',
]
const root = fileURLToPath(new URL('..', import.meta.url))

const args = process.argv.slice(2)
const count = args.findIndex((arg) => !SCRIPTS.includes(arg))
const named = count < 0 ? args : args.slice(0, count)
const options = args.slice(named.length)

if (!options.some((option) => option.startsWith('--dist')) && isStale()) run('npm', ['run', 'build', '--silent'])
const installed = join(root, 'node_modules/.bin/node')
const node = existsSync(installed) ? installed : process.execPath
for (const name of named.length > 0 ? named : ['engine', 'server'])
  run(node, [join(root, 'bench', `${name}.mjs`), ...options])

function isStale() {
  const built = statSync(join(root, 'dist/src/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return ['src', 'migrations'].some((folder) =>
    readdirSync(join(root, folder), { recursive: true }).some(
      (file) => statSync(join(root, folder, file), { throwIfNoEntry: false })?.mtimeMs > built,
    ),
  )
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
