/** The operator's pages of a server that has nothing in it yet, and that goes away and comes back while they are open. */
import type { Browser, Page } from 'playwright-core'
import { becomes, closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { freePort } from '../../support/free-port.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-who-waits'

let server: TestServer
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN, PDS_PORT: await freePort() })
  browser = await startBrowser()
  window = await openWindow(browser, server.url)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

/** Ends the server, and gives what starts it again at the same address. */
async function away(): Promise<() => Promise<void>> {
  const { port } = new URL(server.url)
  await server.close()
  return async () =>
    void (server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN, PDS_PORT: port }, server.directory))
}

it('a password that is not right is called so', async () => {
  await page.goto('/operator/log')
  await page.getByLabel('Admin password').fill('not this: ü')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('alert').getByText('That is not the admin password of this server.').waitFor()
  await page.getByLabel('Admin password').fill(ADMIN)
  await page.getByRole('button', { name: 'Go on' }).click()
})

it('plots and tables stand empty before anything has been written', async () => {
  for (const [label, words] of [
    ['Log and projections', 'The log stands at'],
    ['Network', 'There are none: this server stands for itself.'],
    ['Storage', 'The system tells nothing of the disks.'],
    ['Accounts', 'There are none.'],
    ['Mail', 'Nobody has asked for one.'],
  ] as const) {
    await page.getByRole('link', { name: label, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: label }).waitFor()
    await page
      .getByText(words)
      .or(page.getByRole('region', { name: 'Disks' }))
      .first()
      .waitFor()
    expect(await faultsOf(window)).toEqual([])
  }
})

it('while the server is away that is said, and what is shown is not taken for the present', async () => {
  const peers = await openWindow(browser, server.url, {}, undefined)
  await peers.page.goto('/operator/network')
  await peers.page.getByLabel('Admin password').fill(ADMIN)
  await peers.page.getByRole('button', { name: 'Go on' }).click()
  await peers.page.getByText('this server stands for itself').waitFor()
  await page.getByRole('link', { name: 'Overview', exact: true }).click()
  await page.getByText('The server is ready.').waitFor()
  const back = await away()
  const isAway = /The server does not answer.* What stands here is of .* asked again every few seconds/
  await page.getByRole('alert').getByText(isAway).waitFor()
  await peers.page.getByRole('alert').getByText(isAway).waitFor()
  await becomes(() => page.getByText('The server is ready.').count(), 0)
  expect(await faultsOf(window)).toEqual([])

  await back()
  await page.getByText('The server is ready.').waitFor()
  await peers.page.getByRole('alert').first().waitFor({ state: 'detached' })
  await becomes(() => page.getByRole('alert').count(), 0)
  // Nothing is known of the time between.
  await page.getByText('As a table').last().click()
  await page.getByRole('region', { name: 'Memory, as a table' }).getByRole('cell', { name: '–' }).first().waitFor()
  await closeWindow(peers.page)
})

it('a page that was opened meanwhile is had by trying again', async () => {
  await page.goto('/operator/actions')
  await page.getByText('Nothing.').waitFor()
  await page.getByRole('link', { name: 'Settings', exact: true }).click()
  await page.getByRole('region', { name: 'Settings in force' }).waitFor()
  const back = await away()
  await page.getByRole('link', { name: 'Actions', exact: true }).click()
  await page.getByRole('alert').waitFor()
  await back()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Nothing.').waitFor()
  expect(await faultsOf(window)).toEqual([])
})
