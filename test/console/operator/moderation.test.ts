/** Taking things down and going through many reports, as a moderator does by the operator's pages. */
import type { AtpAgent } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import { Database } from '../../../src/modules/database/database.js'
import { becomes, closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-who-moderates'
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

let server: TestServer
let browser: Browser
let alice: AtpAgent & { assertDid: string }
let window: WatchedPage
let page: Page
/** Of alice, with a picture. */
let post: { uri: string; cid: string }
let picture: string

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN, PDS_RATE_LIMITS_ENABLED: 'false' })
  browser = await startBrowser()
  alice = await server.signUp('alice')
  const { blob } = (await alice.uploadBlob(PIXEL, { encoding: 'image/png' })).data
  picture = blob.ref.toString()
  const images = [{ image: blob, alt: 'A pixel' }]
  post = await alice.post({ text: 'A post with a picture', embed: { $type: 'app.bsky.embed.images', images } })
  window = await openWindow(browser, server.url)
  page = window.page
  await page.goto('/operator')
  await page.getByLabel('Admin password').fill(ADMIN)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('The server is ready').waitFor()
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

/** Takes down what the page is of, or takes that back, and waits until it has come to be so. */
async function press(button: 'Take down' | 'Take the takedown back'): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  const other = button === 'Take down' ? 'Take the takedown back' : 'Take down'
  await page.getByRole('button', { name: other, exact: true }).waitFor()
}

describe('takedown', () => {
  it('of a record begins at its page, and another window sees it at once', async () => {
    const rkey = post.uri.split('/').at(-1)!
    const place = `/explore/${alice.assertDid}/app.bsky.feed.post/${rkey}`
    const visitor = await openWindow(browser, server.url, { phone: true, dark: true })
    await visitor.page.goto(place)
    await visitor.page.getByText('A post with a picture').first().waitFor()
    await becomes(() => visitor.page.getByRole('link', { name: 'Takedown' }).count(), 0)
    await page.goto(place)
    await page.getByRole('link', { name: 'Takedown', exact: true }).click()
    await page.getByLabel('Why, for the record of actions').fill('a test of records')
    await press('Take down')
    await page.getByRole('cell', { name: 'a test of records' }).waitFor()
    expect(await faultsOf(window)).toEqual([])
    await visitor.page.reload()
    await visitor.page.getByRole('alert').getByText('Could not locate record').waitFor()
    await press('Take the takedown back')
    await page.getByRole('cell', { name: 'reverse-takedown' }).waitFor()
    await visitor.page.reload()
    await visitor.page.getByText('A post with a picture').first().waitFor()
    await closeWindow(visitor.page)
  })

  it('of a file leaves the record', async () => {
    const statuses = (): Promise<number[]> =>
      Promise.all(
        [
          `/xrpc/com.atproto.sync.getBlob?did=${alice.assertDid}&cid=${picture}`,
          `/img/feed_thumbnail/plain/${alice.assertDid}/${picture}@jpeg`,
        ].map(async (path) => (await fetch(server.url + path)).status),
      )
    await becomes(() => statuses(), [200, 200])
    await page.goto(`/explore/${alice.assertDid}/app.bsky.feed.post/${post.uri.split('/').at(-1)}`)
    await page.getByRole('link', { name: 'Takedown of this file' }).click()
    await press('Take down')
    await becomes(() => statuses(), [400, 404])
    await press('Take the takedown back')
    await becomes(() => statuses(), [200, 200])
  })

  it('of an account is found by its handle', async () => {
    await page.goto('/operator/takedown')
    await page.getByLabel('An account, a record, or a file').fill('@alice.test')
    await page.keyboard.press('Enter')
    await page.getByText('its owner cannot write').waitFor()
    await press('Take down')
    await press('Take the takedown back')
  })

  it.each(['nobody.test', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'at://x', '<b>', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/no'])(
    'of %s is refused, and nothing breaks',
    async (words) => {
      await page.goto(`/operator/takedown?subject=${encodeURIComponent(words)}`)
      await page.getByRole('alert').waitFor()
      expect(window.errors).toEqual([])
    },
  )
})

it('an account that is not of this server is told from one that is', async () => {
  await page.goto('/operator/accounts/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')
  await page.getByText('This server has no account of').waitFor()
  expect(await faultsOf(window)).toEqual([])
})

it('many reports: one is closed without losing the place, and all about one thing at once', async () => {
  const { uri, cid } = await alice.post({ text: 'Something that many report' })
  const subjects = [
    { $type: 'com.atproto.repo.strongRef', uri, cid },
    { $type: 'com.atproto.admin.defs#repoRef', did: alice.assertDid },
    { $type: 'com.atproto.admin.defs#repoBlobRef', did: alice.assertDid, cid: picture },
  ]
  for (let i = 0; i < 60; i++)
    await alice.com.atproto.moderation.createReport({
      reasonType: 'com.atproto.moderation.defs#reasonSpam',
      reason: `<b>Number</b> ${i}`,
      subject: subjects[i % 3]!,
    })
  const asked: string[] = []
  page.on('request', (request) => void asked.push(request.url()))
  await page.goto('/operator/reports')
  const reports = page.getByRole('article')
  await page.getByRole('button', { name: 'Show more' }).click()
  await reports.nth(59).waitFor()
  // What is not opened is not asked for.
  expect(asked.filter((url) => url.includes('getSubjectStatus'))).toEqual([])

  const [before, after] = await Promise.all([54, 56].map((i) => reports.nth(i).getAttribute('aria-label')))
  await reports.nth(55).getByRole('button', { name: 'Close the report' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('The report is closed.').waitFor({ state: 'attached' })
  await becomes(() => reports.count(), 59)
  await becomes(() => reports.nth(54).getAttribute('aria-label'), before)
  // The keyboard goes on with the next.
  await becomes(
    () => page.evaluate(() => document.activeElement?.closest('article')?.getAttribute('aria-label')),
    after,
  )

  // Who has looked at something else finds the list as it was.
  await reports.nth(54).getByRole('link', { name: '@alice.test' }).last().click()
  await page.getByRole('heading', { level: 1, name: 'Account', exact: true }).waitFor()
  await page.goBack()
  await reports.nth(58).waitFor()
  await becomes(() => reports.count(), 59)

  // The newest is of a file, which is taken down and not the account.
  const ofFile = reports.first()
  await ofFile.getByText('A file of').waitFor()
  await ofFile.getByText('Take down what is reported').click()
  await ofFile.getByText('it is given out no more').waitFor()
  await ofFile.getByLabel(/And 19 others in this list about the same/).check()
  await ofFile.getByRole('button', { name: 'Close the report' }).click()
  await page.getByText('20 reports are closed.').waitFor({ state: 'attached' })
  await becomes(() => page.getByText('A file of').count(), 0)
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await faultsOf(window)).toEqual([])
  await page.setViewportSize({ width: 1200, height: 800 })
})

it('only labels of this server can be taken back here', async () => {
  await server.app.get(Database).write(async (tx) => {
    await tx.run(
      `INSERT INTO label (uri, src, val, cid, neg, cts, sig) VALUES (?, 'did:web:labeler.example', 'rude', '', 0, ?, ?)`,
      ...[alice.assertDid, new Date().toISOString(), Buffer.alloc(64)],
    )
  })
  await page.goto('/operator/labels')
  await page.getByLabel('A handle, DID or at-uri').fill('alice.test')
  await page.getByLabel('Label', { exact: true }).fill('spam')
  await page.getByRole('button', { name: 'Set the label' }).click()
  await page.getByRole('button', { name: 'Take back spam' }).waitFor()
  await page.getByRole('row', { name: /spam .* this server/ }).waitFor()
  await page.getByRole('row', { name: /rude .* did:web:labeler\.example/ }).waitFor()
  await becomes(() => page.getByRole('button', { name: 'Take back rude' }).count(), 0)
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await faultsOf(window)).toEqual([])
  await page.setViewportSize({ width: 1200, height: 800 })
})

it('an invite code is disabled when that is confirmed, and a peer is kept up to date', async () => {
  await page.goto('/operator/invites')
  await page.getByRole('button', { name: 'Make a code' }).click()
  await page.getByRole('button', { name: /^Disable …/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await becomes(() => page.getByRole('cell', { name: 'disabled' }).count(), 0)
  await page.goto('/operator/network')
  await page.getByLabel('Its address').fill('http://127.0.0.1:9')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('cell', { name: 'waiting' }).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await faultsOf(window)).toEqual([])
})

it('text that would turn the line around stands by itself', async () => {
  const { data } = await alice.com.atproto.repo.createRecord({
    repo: alice.assertDid,
    collection: 'com.example.odd',
    record: { $type: 'com.example.odd', 'key\u202ereversed': 'at://../operator' },
  })
  await page.goto(`/explore/${alice.assertDid}/com.example.odd/${data.uri.split('/').at(-1)}`)
  const key = page.locator('.json bdi', { hasText: 'reversed' })
  await key.waitFor()
  await becomes(() => page.getByRole('link', { name: 'at://../operator' }).count(), 0)
})
