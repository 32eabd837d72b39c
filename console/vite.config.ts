/** Builds the web console into console/dist, from where the server serves it. Nothing of it comes from elsewhere at run time. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { engineInBrowser } from './engine-in-browser.js'

const assets = fileURLToPath(new URL('dist/assets', import.meta.url))

/** The last two steps up take ten times as long, for a fiftieth of the size. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** Beside each asset its compressed form, so that the server has nothing to compress. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    closeBundle() {
      for (const name of readdirSync(assets).filter((name) => /\.(js|css|svg)$/.test(name)))
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(readFileSync(join(assets, name)), QUALITY))
    },
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [engineInBrowser(), compressed()],
  worker: { format: 'es', plugins: () => [engineInBrowser()] },
  build: {
    target: 'es2023',
    // The client library brings every lexicon that there is.
    chunkSizeWarningLimit: 2000,
    // What is inlined as data: is refused by the server's own policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npx vite console` beside a server, for whoever works on the pages.
  server: { proxy: { '/xrpc': { target: 'http://localhost:2583', ws: true }, '/admin': 'http://localhost:2583' } },
})
