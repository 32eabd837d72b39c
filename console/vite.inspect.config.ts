/**
 * Builds console/dist/inspect.html, the page of `skylog inspect --html`: one file with everything in it, which the command puts
 * its data into. Its policy lets nothing run or apply but what is in it now, and nothing be fetched.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const LINK = /\s*<(?:script type="module"[^>]*src="[^"]*"[^>]*><\/script|link rel="stylesheet"[^>]*)>/g

function inlined(): Plugin {
  return {
    name: 'inlined',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['inspect.html']
      if (page?.type !== 'asset') throw new Error('there is no page')
      let [script, style] = ['', '']
      for (const [name, file] of Object.entries(bundle)) {
        if (file === page) continue
        if (file.type === 'chunk') script += file.code
        else style += String(file.source)
        delete bundle[name]
      }
      // Whatever looks like the end of the element, in a string, means the same when it is written so.
      script = script.replaceAll('</script', '<\\/script')
      const policy = [
        ...["default-src 'none'", "base-uri 'none'", "form-action 'none'", 'img-src data:'],
        ...[`script-src ${hashOf(script)}`, `style-src ${hashOf(style)}`],
      ].join('; ')
      const head = `<meta http-equiv="content-security-policy" content="${policy}" />\n    <style>${style}</style>`
      const [top, bottom] = String(page.source).replace(LINK, '').split('<title>') as [string, string]
      const [body, end] = bottom.split('</body>') as [string, string]
      page.source = `${top}${head}\n    <title>${body}<script type="module">${script}</script>\n  </body>${end}`
    },
  }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [inlined()],
  build: {
    target: 'es2023',
    // Beside the console, which is built first.
    emptyOutDir: false,
    modulePreload: false,
    cssCodeSplit: false,
    rolldownOptions: { input: fileURLToPath(new URL('inspect.html', import.meta.url)) },
  },
})
