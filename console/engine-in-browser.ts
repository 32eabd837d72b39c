import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const ENGINE = fileURLToPath(new URL('../src/repo-engine/', import.meta.url))
const TWINS = fileURLToPath(new URL('src/engine/', import.meta.url))

/** What the engine imports of Node, and what it gets in a browser. Paths are compared by their end. */
const INSTEAD: [RegExp, string][] = [
  [/^node:crypto$/, 'crypto.ts'],
  [/\/keys\.js$/, 'keys.ts'],
]

/**
 * Lets src/repo-engine run in a browser, as it is: its two needs of Node are met by twins in src/engine, and `Buffer`, a
 * global there, is imported where it is used.
 */
export function engineInBrowser(): Plugin {
  return {
    name: 'engine-in-browser',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!importer?.startsWith(ENGINE)) return null
      const twin = INSTEAD.find(([name]) => name.test(source))?.[1]
      return twin ? TWINS + twin : null
    },
    transform(code, id) {
      if (!id.startsWith(ENGINE) || !/\bBuffer\b/.test(code)) return null
      // On the first line, so that the others keep their numbers.
      return { code: `import { Buffer } from 'buffer/index.js'; ${code}`, map: null }
    },
  }
}
