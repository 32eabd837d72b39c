import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The repository engine of a build. */
export async function loadEngine(dist) {
  const file = resolve(dist, 'src/repo-engine/index.js')
  if (!existsSync(file)) throw new Error(`${dist} holds no build: npm run build`)
  return import(pathToFileURL(file))
}
