/** Before the tests: the web console as its sources are now. Does nothing when what is built is as new as they are. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../console')
/** Part of it: the engine runs in the browser as well. */
const engine = join(import.meta.dirname, '../../src/repo-engine')

export default function buildConsole() {
  const built = statSync(join(root, 'dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const isStale = [root, engine]
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => ({ file, path: join(folder, file) })))
    .some(({ file, path }) => !file.startsWith('dist') && statSync(path).mtimeMs > built)
  const vite = join(root, '../node_modules/vite/bin/vite.js')
  if (isStale) execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn', root], { stdio: 'inherit' })
}
