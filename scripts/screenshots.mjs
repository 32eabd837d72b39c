/**
 * Takes the pictures of docs/console.md, of a network with people in it, in the system's Chromium: `npm run screenshots`, after
 * `npm run build`. Small on purpose: a picture is redrawn in 32 colours.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import sharp from 'sharp'

const root = join(import.meta.dirname, '..')
const entry = join(root, 'dist/src/modules/dev-network/test-network.js')
if (!existsSync(entry)) throw new Error('npm run build comes first')
const { startTestNetwork } = await import(entry)

const folder = join(root, 'docs/console')
mkdirSync(folder, { recursive: true })
const network = await startTestNetwork()
const people = await network.seed()
const [{ url, adminPassword }] = network.pds
const [alice] = people
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const { records } = await alice.query('com.atproto.repo.listRecords', {
    repo: alice.did,
    collection: 'app.bsky.feed.post',
  })
  await take('home', '/home', { as: alice, until: 'article' })
  await take('record', `/explore/${records[0].uri.slice('at://'.length)}`, {
    until: 'h1',
    then: async (page) => {
      await page.getByRole('button', { name: /check the proof/i }).click()
      await page.waitForTimeout(1500)
    },
  })
  await take('tree', `/explore/${alice.did}/tree`, { until: 'svg [role]', wait: 1500 })
  await take('operator', '/operator', { until: '.tiles', admin: adminPassword, wait: 21_000 })
} finally {
  await browser.close()
  await network.close()
}

/** A picture of a page, as somebody who is signed in, or as the operator, sees it. */
async function take(name, path, { as, admin, until, wait = 500, then }) {
  const localStorage = as ? [{ name: 'skylog.session', value: JSON.stringify({ active: true, ...as }) }] : []
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1100, height: 760 },
    reducedMotion: 'reduce',
    storageState: { cookies: [], origins: [{ origin: url, localStorage }] },
  })
  const page = await context.newPage()
  await page.goto(path)
  if (admin) {
    await page.getByLabel('Admin password').fill(admin)
    await page.getByRole('button', { name: 'Go on' }).click()
  }
  await page.locator(until).first().waitFor()
  await then?.(page)
  await page.waitForTimeout(wait)
  const picture = sharp(await page.screenshot()).png({ palette: true, colours: 32, effort: 10 })
  const { size } = await picture.toFile(join(folder, `${name}.png`))
  console.log(`docs/console/${name}.png: ${Math.round(size / 1024)} KB`)
  await context.close()
}
