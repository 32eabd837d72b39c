/** A whole repository in the browser: unpacked into a zip, and its tree as a picture. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { unpackRepo } from '../../../src/modules/cli/unpack-repo.js'
import { Config } from '../../../src/modules/config/config.js'
import { closeWindow, faultsOf, focused, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { stopTestServer } from '../../support/server.js'
import { startTown, type Town } from './town.js'

const POST = 'app.bsky.feed.post'

let town: Town
let browser: Browser
let window: WatchedPage
let page: Page
const directory = mkdtempSync(join(tmpdir(), 'skylog-zip-'))

beforeAll(async () => {
  ;[town, browser] = await Promise.all([startTown(), startBrowser()])
  window = await openWindow(browser, town.server.url)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(town.server)
  rmSync(directory, { recursive: true })
})

describe('the zip', () => {
  const unpack = () => page.getByRole('button', { name: 'Unpack into a zip' })

  it.each(['alice', 'bob'] as const)('of %s holds what `skylog unpack` writes', async (name) => {
    const did = town[name].assertDid
    await page.goto(`/explore/${name}.test`)
    const coming = page.waitForEvent('download')
    await unpack().click()
    const download = await coming
    const folder = did.replaceAll(':', '_')
    expect(download.suggestedFilename()).toBe(`${folder}.zip`)
    await page.getByText('The zip is downloaded.').waitFor()
    await focused(unpack())

    const car = join(directory, `${name}.car`)
    writeFileSync(car, (await town[name].com.atproto.sync.getRepo({ did })).data)
    await unpackRepo(car, join(directory, folder), town.server.app.get(Config), false)
    const unpacked = filesBelow(directory, folder)
    expect([...unpacked.keys()]).toContain(`${folder}/commit.json`)
    expect(unzip(readFileSync(await download.path()))).toEqual(unpacked)
    expect(window.errors).toEqual([])
  })

  it('is given up when one cancels', async () => {
    await page.route('**/xrpc/com.atproto.sync.getRepo?*', () => undefined)
    await unpack().click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('group', { name: 'Progress' }).waitFor({ state: 'detached' })
    await focused(unpack())
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.unrouteAll()
  })

  it('is not begun of a repository that cannot be had, which is said', async () => {
    await page.route('**/xrpc/com.atproto.sync.getRepo?*', (route) =>
      route.fulfill({ status: 400, json: { error: 'RepoTakendown', message: 'It has been taken down' } }),
    )
    await unpack().click()
    await page.getByRole('alert').getByText('It has been taken down').waitFor()
    await page.unrouteAll()
  })
})

describe('the tree', () => {
  const tree = (of = page) => of.getByRole('tree')
  const records = () => tree().locator('.mst-entry')

  it('has every record of a small repository, each of which leads to its page', async () => {
    await page.goto('/explore/alice.test/tree')
    await records().first().waitFor()
    const names = await records().evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')))
    const { data } = await town.alice.com.atproto.repo.listRecords({ repo: town.alice.assertDid, collection: POST })
    expect(names).toEqual([
      'app.bsky.actor.profile/self',
      ...data.records.map(({ uri }) => `${POST}/${uri.slice(uri.lastIndexOf('/') + 1)}`).sort(),
      expect.stringMatching(/^app\.bsky\.graph\.follow\//),
    ])
    await tree()
      .getByRole('treeitem', { name: `${POST}/${town.post.rkey}`, exact: true })
      .click()
    await page.waitForURL(`**/${POST}/${town.post.rkey}`)
    await page.getByText('The first post, with a picture [images]').waitFor()
  })

  it('is gone through by the keyboard alone', async () => {
    await page.goBack()
    await records().first().waitFor()
    const pointed = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await tree().locator('[tabindex="0"]').focus()
    expect(await pointed()).toMatch(/^Node on layer \d+: \d+ records?, [\d,]+ bytes$/)
    await page.keyboard.press('Enter')
    await page
      .getByRole('status')
      .filter({ hasText: /^Node on layer/ })
      .waitFor()
    await page.keyboard.press('ArrowDown')
    // What is first below the root may be a node of its own, and so on: keys decide how deep it goes.
    for (let step = 0; !(await pointed())?.includes('/'); step++)
      await page.keyboard.press(step % 2 ? 'ArrowDown' : 'ArrowRight')
    const key = (await pointed())!
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/${key}`)
  })

  it.each([{}, { phone: true, dark: true }])('keeps nobody out: %j', async (look) => {
    const other = await openWindow(browser, town.server.url, look)
    await other.page.goto('/explore/bob.test/tree')
    await tree(other.page).locator('.mst-entry').first().waitFor()
    expect(await faultsOf(other)).toEqual([])
    await closeWindow(other.page)
  })

  it('is not drawn where there is none', async () => {
    await page.goto(`/explore/${town.carla.assertDid}/tree`)
    await page.getByRole('alert').waitFor()
    expect(await tree().count()).toBe(0)
  })
})

/** What is in the files below a folder, by their paths from `root`. */
function filesBelow(root: string, folder: string): Map<string, string> {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => statSync(join(root, path)).isFile())
  return new Map(files.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

/** The files of a zip that compresses nothing, in the order of their paths, after APPNOTE.TXT (4.3.12 and 4.3.16). */
function unzip(zip: Buffer): Map<string, string> {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const files: [string, string][] = []
  for (let i = 0, at = zip.readUInt32LE(end + 16); i < zip.readUInt16LE(end + 10); i++) {
    expect(zip.readUInt32LE(at)).toBe(0x02014b50)
    const [method, crc, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 24)]
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [number, number, number] // prettier-ignore
    const local = zip.readUInt32LE(at + 42)
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const bytes = zip.subarray(begin, begin + size)
    expect([method, crc32(bytes)]).toEqual([0, crc])
    files.push([zip.toString('utf8', at + 46, at + 46 + nameLength), bytes.toString('utf8')])
    at += 46 + nameLength + extra + comment
  }
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)))
}
