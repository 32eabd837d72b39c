/** `skylog inspect --html`: a page from the disk, looked at in a browser, with what strangers may have written in it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import {
  buildTree,
  type CarBlock,
  Cid,
  type DataMap,
  type Did,
  encodeCar,
  encodeCbor,
  signCommit,
  SigningKey,
  TidClock,
} from '../../src/repo-engine/index.js'
import { closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../support/browser.js'
import { startTestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const env = { PDS_DATA_DIRECTORY: join(directory, 'none') }
const HOSTILE = `</script><script>window.harmed = 1</script><img src=x onerror="window.harmed = 2"><!-- ' " \u202e \u2028`
const PROFILE = 'app.bsky.actor.profile/self'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

/** A repository of these records in a CAR file, signed by nobody in particular. */
function writeRepo(name: string, records: Map<string, DataMap>): string {
  const tids = new TidClock(() => Date.UTC(2026, 0, 1))
  const blocks: CarBlock[] = []
  const entries = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, record]): [string, Cid] => {
      const bytes = encodeCbor(record)
      blocks.push({ cid: Cid.ofCbor(bytes), bytes })
      return [path, Cid.ofCbor(bytes)]
    })
  const { root } = buildTree(entries, (node) => blocks.push(node))
  const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did
  const commit = signCommit({ did, version: 3, data: root, rev: tids.next(), prev: null }, SigningKey.generate())
  const head = Cid.ofCbor(commit)
  const file = join(directory, `${name}.car`)
  writeFileSync(file, encodeCar(head, [{ cid: head, bytes: commit }, ...blocks]))
  return file
}

/** Records of a few collections; one of them says what nobody should. */
function records(posts: number): Map<string, DataMap> {
  const tids = new TidClock(() => Date.UTC(2025, 5, 1))
  const all = new Map<string, DataMap>()
  for (let i = 0; i < posts; i++) {
    const $type = i % 3 === 0 ? 'app.bsky.feed.like' : 'app.bsky.feed.post'
    all.set(`${$type}/${tids.next()}`, { $type, text: `post ${i}` })
  }
  return all.set(PROFILE, {
    $type: 'app.bsky.actor.profile',
    displayName: HOSTILE,
    ['__proto__x']: { constructor: 'no' },
  })
}

/** Makes the page of a file and opens it; `asked` is what it asked for, itself aside. */
async function openPage(file: string, look = {}): Promise<WatchedPage & { asked: string[]; html: string }> {
  const html = `${file}.html`
  expect(await skylog(['inspect', file, '--html', html], env)).toMatchObject({ code: 0, stdout: expect.stringContaining(`Wrote ${html}`) as string }) // prettier-ignore
  const url = pathToFileURL(html).href
  const window = await openWindow(browser, url, look)
  const asked: string[] = []
  window.page.on(
    'request',
    (request) => request.url() !== url && !request.url().startsWith('data:') && asked.push(request.url()),
  )
  await window.page.goto(url)
  await window.page.getByRole('tree').waitFor()
  return { ...window, asked, html }
}

describe('of a small repository', () => {
  let file: string
  beforeAll(() => {
    file = writeRepo('small', records(120))
  })

  it.each([{}, { dark: true }, { phone: true }])('nobody is kept out: %j', async (look) => {
    const window = await openPage(writeRepo('few', records(12)), look)
    await window.page.getByLabel('Find a record').fill('self')
    await window.page.getByRole('button', { name: PROFILE }).click()
    expect(await faultsOf(window)).toEqual([])
    expect(window.asked).toEqual([])
    await closeWindow(window.page)
  })

  it('shows what a record says, and does nothing of it', async () => {
    const { page, errors, asked, html } = await openPage(file)
    await page.getByLabel('Find a record').fill('profile')
    await page.getByRole('button', { name: PROFILE }).click()
    const shown = JSON.parse((await page.getByLabel('The record as JSON').textContent())!) as object
    expect(shown).toEqual({
      $type: 'app.bsky.actor.profile',
      displayName: HOSTILE,
      ['__proto__x']: { constructor: 'no' },
    })
    await page.getByText(`at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/${PROFILE}`).waitFor()
    expect(await page.evaluate(() => (window as { harmed?: number }).harmed)).toBeUndefined()
    expect([errors, asked]).toEqual([[], []])
    const text = readFileSync(html, 'utf8')
    expect(text.match(/<\/script>/g)).toHaveLength(2)
    expect(text).toMatch(/content="default-src 'none'; [^"]*script-src 'sha256-[^"]+"/)
    expect(text).not.toMatch(/unsafe|https?:\/\/(?!www\.w3\.org)/)
    await closeWindow(page)
  })

  it('lets nothing run that was put into it afterwards', async () => {
    const { html } = await openPage(file)
    const changed = `${html}.changed.html`
    writeFileSync(changed, readFileSync(html, 'utf8').replace('</main>', '</main><script>window.harmed = 1</script>'))
    const { page, errors } = await openWindow(browser, pathToFileURL(changed).href)
    await page.goto(pathToFileURL(changed).href)
    await page.getByRole('tree').waitFor()
    expect(await page.evaluate(() => (window as { harmed?: number }).harmed)).toBeUndefined()
    expect(errors).toEqual([expect.stringContaining('Content Security Policy')])
    await closeWindow(page)
  })

  it('is zoomed by wheel, buttons and keys, and moved by the mouse', async () => {
    const { page, errors } = await openPage(file)
    const scene = page.locator('.mst-tree > g').first()
    const scale = async (): Promise<number> =>
      Number(/scale\(([\d.]+)/.exec((await scene.getAttribute('transform'))!)![1])
    const whole = await scale()
    await page.getByRole('button', { name: 'Zoom in' }).click()
    const nearer = await scale()
    expect(nearer).toBeGreaterThan(whole)
    const { x, y, width, height } = (await page.getByRole('tree').boundingBox())!
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.mouse.wheel(0, -300)
    await page.waitForFunction((before) => Number(/scale\(([\d.]+)/.exec(document.querySelector('.mst-tree > g')!.getAttribute('transform')!)![1]) > before, nearer) // prettier-ignore
    const before = await scene.getAttribute('transform')
    await page.mouse.down()
    await page.mouse.move(x + width / 2 - 60, y + height / 2 - 10, { steps: 4 })
    await page.mouse.up()
    expect(await scene.getAttribute('transform')).not.toBe(before)
    await page.getByRole('button', { name: 'Show all' }).click()
    expect(await scale()).toBe(whole)
    await page.getByRole('treeitem').first().focus()
    await page.keyboard.press('+')
    expect(await scale()).toBeGreaterThan(whole)
    await page.keyboard.press('0')
    expect(await scale()).toBe(whole)
    expect(errors).toEqual([])
    await closeWindow(page)
  })

  it('leads to a record by a click, and by the keyboard alone', async () => {
    const { page } = await openPage(file)
    const json = page.getByLabel('The record as JSON')
    for (let i = 0; i < 8; i++) await page.getByRole('button', { name: 'Zoom in' }).click()
    const inView = await page.getByRole('treeitem').evaluateAll((items) => {
      const tree = items[0]!.closest('svg')!.getBoundingClientRect()
      return items.findIndex((item) => {
        const { left, right, top, bottom } = item.getBoundingClientRect()
        const isRecord = item.getAttribute('aria-label')!.includes('/')
        return isRecord && left > tree.left + 60 && right < tree.right - 150 && top > tree.top && bottom < tree.bottom
      })
    })
    const record = page.getByRole('treeitem').nth(inView)
    await record.click()
    await json.waitFor()
    expect(JSON.parse((await json.textContent())!)).toMatchObject({
      text: expect.stringMatching(/^post \d+$/) as string,
    })
    await page.getByRole('heading', { name: (await record.getAttribute('aria-label'))! }).waitFor()

    await page.getByRole('treeitem').first().focus()
    const told = (): Promise<string> => page.evaluate(() => document.activeElement!.getAttribute('aria-label')!)
    // The root is first; down from node to node, to the first record that there is.
    for (let i = 0; i < 8 && !(await told()).includes('/'); i++) await page.keyboard.press('ArrowDown')
    expect(await told()).toBe(PROFILE)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: PROFILE }).waitFor()
    expect(JSON.parse((await json.textContent())!)).toMatchObject({ displayName: HOSTILE })
    await page.keyboard.press('ArrowUp')
    expect(await told()).toMatch(/^Node on layer \d+: /)
    await closeWindow(page)
  })

  it('keeps all of the tree in view when the window changes', async () => {
    const { page } = await openPage(file)
    const isInView = (): Promise<boolean> =>
      page.evaluate(() => {
        const tree = document.querySelector('.mst-tree')!.getBoundingClientRect()
        const marks = [...document.querySelectorAll('[role=treeitem]')].map((mark) => mark.getBoundingClientRect())
        return marks.every(({ left, right }) => left >= tree.left && right <= tree.right)
      })
    expect(await isInView()).toBe(true)
    await page.setViewportSize({ width: 500, height: 700 })
    await page.waitForFunction(() => document.querySelector('.mst-tree')!.clientWidth < 500)
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))))
    expect(await isInView()).toBe(true)
    await closeWindow(page)
  })

  it('has the figures of the report', async () => {
    const { page } = await openPage(file)
    await expect(page.getByRole('row', { name: 'app.bsky.feed.post' }).textContent()).resolves.toContain('80')
    await expect(page.getByRole('img').getAttribute('aria-label')).resolves.toMatch(/^2025-06-01 to 2025-06-01/)
    await closeWindow(page)
  })
})

it('is written over another page, and over nothing else', async () => {
  const car = writeRepo('kept', records(3))
  const before = readFileSync(car)
  const refused = await skylog(['inspect', car, '--html', car], env)
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is not written over') })
  expect(readFileSync(car).equals(before)).toBe(true)
  const page = join(directory, 'kept.html')
  for (let i = 0; i < 2; i++)
    expect(await skylog(['inspect', car, '--html', page], env)).toMatchObject({ code: 0, stderr: '' })
})

it('of a large one draws the upper layers, and says so', async () => {
  const { page, errors } = await openPage(writeRepo('large', records(9_000)))
  await page.getByText('This repository is large:').waitFor()
  const parts = page.locator('.mst-rest')
  expect(await parts.count()).toBeGreaterThan(100)
  expect(await page.getByRole('treeitem').count()).toBeLessThan(8_000)
  await page.getByRole('treeitem').first().focus()
  const told = (): Promise<string> => page.evaluate(() => document.activeElement!.getAttribute('aria-label')!)
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowDown')
  while (!(await told()).startsWith('Not drawn')) await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Not drawn: 1 node from layer 0 down, \d+ records?$/ }).waitFor()
  expect(errors).toEqual([])
  await closeWindow(page)
})

it('of a repository in the data directory shows its log as well', async () => {
  const server = await startTestServer({}, join(directory, 'data'))
  const alice = await server.signUp('alice')
  await alice.post({ text: HOSTILE.replace(/\p{Cf}|\u2028/gu, '') })
  const html = join(directory, 'alice.html')
  const settings = { PDS_DATA_DIRECTORY: join(directory, 'data') }
  expect(await skylog(['inspect', alice.assertDid, '--html', html], settings)).toMatchObject({ code: 0, stderr: '' })
  await server.close()
  const window = await openWindow(browser, pathToFileURL(html).href)
  await window.page.goto(pathToFileURL(html).href)
  await window.page.getByRole('heading', { name: 'Events in the log, over time' }).waitFor()
  await window.page.getByText('alice.test').waitFor()
  expect(await faultsOf(window)).toEqual([])
  await closeWindow(window.page)
})
