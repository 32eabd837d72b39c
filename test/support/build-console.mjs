/** Before the tests: the web console as its sources are now. Does nothing when what is built is as new as they are. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../console')

export default function buildConsole() {
  const pages = ['index.html', 'inspect.html'].map((page) =>
    statSync(join(root, 'dist', page), { throwIfNoEntry: false }),
  )
  const built = Math.min(...pages.map((page) => page?.mtimeMs ?? 0))
  const isStale = readdirSync(root, { recursive: true })
    .filter((file) => !file.startsWith('dist'))
    .some((file) => statSync(join(root, file)).mtimeMs > built)
  if (!isStale) return
  const vite = (...args) =>
    execFileSync(
      process.execPath,
      [join(root, '../node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn', root, ...args],
      {
        stdio: 'inherit',
      },
    )
  vite()
  vite('--config', join(root, 'vite.inspect.config.ts'))
}
