/** The firehose in the web console: what happens is there at once, and a lost connection comes back by itself. */
import type { Browser, Page } from 'playwright-core'
import { StreamServer } from '../../../src/modules/firehose/stream-server.js'
import { becomes, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { eventually } from '../../support/eventually.js'
import { stopTestServer } from '../../support/server.js'
import { SCRIPT, startTown, type Town } from './town.js'

let town: Town
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  ;[town, browser] = await Promise.all([startTown(), startBrowser()])
  window = await openWindow(browser, town.server.url)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(town.server)
})

const lines = () => page.getByRole('list', { name: 'Events, newest first' }).locator('> li')
const button = (name: string | RegExp) => page.getByRole('button', { name })

/** Waits until what happens from now on is heard: the server has found the event that it begins after. */
async function connected(): Promise<void> {
  await page.getByText('Connected', { exact: true }).first().waitFor()
  const streams = town.server.app.get(StreamServer, { strict: false })
  const isBegun = async () =>
    (await streams.figures()).every(({ subscribers }) => subscribers.every(({ position }) => position !== null))
  await eventually(isBegun, 'the server has begun')
}

it('shows a post when it is made, with the name of its author, newest first', async () => {
  await page.goto('/firehose')
  await connected()
  await page.getByText('Nothing yet. Events appear here as they come.').waitFor()
  await town.alice.post({ text: 'one for the firehose' })
  await lines().filter({ hasText: 'one for the firehose' }).waitFor()
  await town.bob.post({ text: 'and another' })
  await lines().first().filter({ hasText: 'and another' }).waitFor()
  await lines().nth(1).filter({ hasText: 'one for the firehose' }).waitFor()
  await lines().getByRole('link', { name: '@bob.test' }).waitFor()
  await lines()
    .getByRole('link', { name: /^app\.bsky\.feed\.post\// })
    .first()
    .click()
  await page.getByText('and another').first().waitFor()
})

it('tells the history from its beginning, as text', async () => {
  await page.goto('/firehose?cursor=0')
  await lines().filter({ hasText: 'Is called @alice.test' }).waitFor()
  await lines().filter({ hasText: SCRIPT }).first().waitFor()
  await lines().filter({ hasText: 'Is taken down' }).waitFor()
  await becomes(() => page.title(), 'Firehose · Skylog')
})

it('shows only what one wants to see', async () => {
  await page.getByLabel('Collection').fill('app.bsky.feed.li*')
  await page.getByLabel('Account').fill('bob.test')
  await button('Show only these').click()
  await becomes(() => lines().count(), 1)
  await town.alice.like(town.hostile.uri, town.hostile.cid)
  await town.bob.like(town.hostile.uri, town.hostile.cid)
  await becomes(() => lines().count(), 2)
  await page.getByLabel('Account').fill('nobody.test')
  await button('Show only these').click()
  await page.getByRole('alert').waitFor()
})

it('stands still while it is paused, and loses nothing of it', async () => {
  await page.goto('/firehose')
  await connected()
  await button('Pause').click()
  await town.alice.post({ text: 'while nobody looked' })
  await button('Go on (1 waiting)').click()
  await lines().filter({ hasText: 'while nobody looked' }).waitFor()
})

it('draws how fast it comes, and says it', async () => {
  await page.getByRole('img', { name: /^The last five minutes\. Events a second: \d+, 0 to [1-9]/ }).waitFor()
  await page.locator('.plot canvas').waitFor()
  await page.getByText('As a table').click()
  await page.getByRole('columnheader', { name: 'Events a second' }).waitFor()
  expect(await faultsOf(window)).toEqual([])
})

it('is told by the server what is wrong with a beginning', async () => {
  await page.getByLabel('Begin after event').fill('999999999999999')
  await button('Begin there').click()
  await page.getByText('FutureCursor').waitFor()
  await page.getByText('Not connected').first().waitFor()
  await page.getByLabel('Begin after event').fill('0')
  await button('Begin there').click()
  await lines().filter({ hasText: 'Is called @alice.test' }).waitFor()
})

it('comes back after a connection that was lost, behind what it has heard', async () => {
  // The first connection breaks after its first event.
  let connections = 0
  await page.routeWebSocket(/subscribeRepos/, (socket) => {
    const isFirst = connections++ === 0
    socket.connectToServer().onMessage((message) => {
      socket.send(message)
      if (isFirst) void socket.close({ code: 1011, reason: 'broken by a test' })
    })
  })
  await page.goto('/firehose?cursor=0')
  await page.getByText(/The connection was lost \(broken by a test\)/).waitFor()
  await connected()
  await town.alice.post({ text: 'after the break' })
  await lines().filter({ hasText: 'after the break' }).waitFor()
  expect(await lines().filter({ hasText: 'Is called @alice.test' }).count()).toBe(1)
  expect(connections).toBe(2)
})

it('can be used on a phone, in the dark', async () => {
  const phone = await openWindow(browser, town.server.url, { phone: true, dark: true })
  await phone.page.goto('/firehose?cursor=0')
  await phone.page.getByText('one for the firehose').waitFor()
  expect(await faultsOf(phone)).toEqual([])
})
