/** The Chromium that comes with the development dependencies (@sparticuz/chromium), with the libraries and fonts that it needs. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const modules = join(import.meta.dirname, '../../node_modules')

/** Unpacks it, when that has not been done yet, and gives the path of what starts it. It is built for Linux on x64. */
export function unpackChromium() {
  const { version } = JSON.parse(readFileSync(join(modules, '@sparticuz/chromium/package.json'), 'utf8'))
  const cache = join(modules, '.cache')
  const folder = join(cache, `chromium-${version}`)
  const start = join(folder, 'start')
  if (existsSync(start)) return start
  mkdirSync(cache, { recursive: true })
  // Another run may unpack it as well: each does so in a place of its own, and one of them is kept whole.
  const coming = mkdtempSync(`${folder}-`)
  try {
    inflate(coming)
    writeFileSync(join(coming, 'fonts/fonts.conf'), FONTS)
    writeFileSync(join(coming, 'start'), START, { mode: 0o755 })
    renameSync(coming, folder)
  } catch (error) {
    if (!existsSync(start)) throw error
  } finally {
    rmSync(coming, { recursive: true, force: true })
  }
  return start
}

/** It unpacks itself into the folder for temporary files, and its libraries only where it takes itself to be in Amazon's cloud. */
function inflate(folder) {
  const script = `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: modules,
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    stdio: 'inherit',
  })
}

/** Looks the same on every machine, whatever that has. */
const START = `#!/bin/sh
here=$(dirname "$(realpath "$0")")
export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_FILE="$here/fonts/fonts.conf"
exec "$here/chromium" "$@"
`

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`
