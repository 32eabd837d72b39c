/** Before the tests: the web console as its sources are now. Does nothing when what is built is as new as they are. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../console')

export default function buildConsole() {
  const built = statSync(join(root, 'dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const isStale = readdirSync(root, { recursive: true })
    .filter((file) => !file.startsWith('dist'))
    .some((file) => statSync(join(root, file)).mtimeMs > built)
  const vite = join(root, '../node_modules/vite/bin/vite.js')
  if (isStale) execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn', root], { stdio: 'inherit' })
}
