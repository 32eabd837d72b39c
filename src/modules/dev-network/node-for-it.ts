import module from 'node:module'
import { join } from 'node:path'

/** Passwords are hashed by a function that Node has since this release; native modules crash on some that are older. */
const NEEDED = { major: 24, minor: 7 }

/** Whether this process runs on a Node that a server can run on. */
export function isNewEnough(version = process.versions.node): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number]
  return major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)
}

/** The program that a server can run on: this one, or else the one that is installed with this package. @throws Error where there is none */
export function nodeForIt(): string {
  if (isNewEnough()) return process.execPath
  const require = module.createRequire(import.meta.url)
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const path = require.resolve(`${name}/package.json`)
    return join(path, '..', (require(path) as { bin: { node: string } }).bin.node)
  } catch {
    const needed = `${NEEDED.major}.${NEEDED.minor}`
    throw new Error(`needs Node ${needed}; this is ${process.versions.node}, and the package ${name} is not installed`)
  }
}
