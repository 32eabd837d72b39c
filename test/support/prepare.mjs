/** Before the tests: the web console as its sources are now, and a browser to look at it with. */
import { existsSync } from 'node:fs'
import buildConsole from './build-console.mjs'
import { unpackChromium } from './unpack-chromium.mjs'

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** `CHROMIUM_PATH` names a browser; the system's is taken without it, and the bundled one where there is none or it is empty. */
export default function prepare() {
  buildConsole()
  process.env.CHROMIUM_PATH ??= SYSTEM.find((path) => existsSync(path)) ?? ''
  if (process.env.CHROMIUM_PATH === '' && process.platform === 'linux' && process.arch === 'x64')
    process.env.CHROMIUM_PATH = unpackChromium()
}
