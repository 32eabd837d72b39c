/** Before the tests: the web console as its sources are now. Does nothing when what is built is as new as they are. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../console')
/** Part of it: the engine runs in the browser as well. */
const engine = join(import.meta.dirname, '../../src/repo-engine')

export default function buildConsole() {
  const pages = ['index.html', 'inspect.html'].map((page) => modified(join(root, 'dist', page)))
  const built = Math.min(...pages)
  const isStale = [root, engine]
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => ({ file, path: join(folder, file) })))
    .some(({ file, path }) => !file.startsWith('dist') && modified(path) > built)
  if (!isStale) return
  build()
  build('--config', join(root, 'vite.inspect.config.ts'))
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function build(...args) {
  const vite = join(root, '../node_modules/vite/bin/vite.js')
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn', root, ...args], { stdio: 'inherit' })
}
