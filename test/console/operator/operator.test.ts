/** The operator's pages, used to run a community without ever opening the database. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AtpAgent } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-of-a-test'

let server: TestServer
let browser: Browser
let alice: AtpAgent & { assertDid: string }
let bob: AtpAgent & { assertDid: string }
/** The operator's own window, in which the password has been given. */
let window: WatchedPage
let page: Page

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN })
  browser = await startBrowser()
  alice = await server.signUp('alice')
  bob = await server.signUp('bob')
  await alice.post({ text: 'A post of alice' })
  window = await openWindow(browser, server.url)
  page = window.page
  await page.goto('/operator')
  await page.getByLabel('Admin password').fill('not this')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Admin password').fill(ADMIN)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('The server is ready').waitFor()
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

async function goTo(path: string, heading: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

describe('every page can be read and used by all', () => {
  it.each([
    ['/operator', 'Overview'],
    ['/operator/accounts', 'Accounts'],
    ['/operator/invites', 'Invites'],
    ['/operator/reports', 'Reports'],
    ['/operator/takedown', 'Takedown'],
    ['/operator/labels', 'Labels'],
    ['/operator/log', 'Log and projections'],
    ['/operator/network', 'Network'],
    ['/operator/storage', 'Storage'],
    ['/operator/mail', 'Mail'],
    ['/operator/backups', 'Backups'],
    ['/operator/doctor', 'Doctor'],
    ['/operator/settings', 'Settings'],
    ['/operator/actions', 'Actions'],
  ])('%s', async (path, heading) => {
    await goTo(path, heading)
    await page.setViewportSize({ width: 1200, height: 800 })
    expect(await faultsOf(window)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await faultsOf(window)).toEqual([])
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 1200, height: 800 })
  })
})

describe('accounts', () => {
  it('are found, and one that cannot get in is given another password', async () => {
    await goTo('/operator/accounts', 'Accounts')
    await page.getByLabel('Part of an email address, handle or DID').fill('bob@')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('heading', { name: 'Found by “bob@”' }).waitFor()
    await page.getByRole('link', { name: '@bob.test' }).click()
    await page.getByRole('heading', { level: 1, name: 'Account', exact: true }).waitFor()
    expect(await faultsOf(window)).toEqual([])
    await page.getByRole('button', { name: 'Reset the password …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    const password = await page.getByRole('status').locator('code').textContent()
    await server.agent().login({ identifier: 'bob.test', password: password! })
  })

  it('is invited', async () => {
    await goTo('/operator/invites', 'Invites')
    await page.getByLabel('How many may come by it').fill('3')
    await page.getByRole('button', { name: 'Make a code' }).click()
    const code = await page.getByRole('status').locator('code').first().textContent()
    const agent = server.agent()
    await agent.createAccount({
      ...{ handle: 'invited.test', email: 'invited@example.com', password: 'invited-password' },
      inviteCode: code!,
    })
    await page.reload()
    await page.getByText('2 of 3').waitFor()
    await page.getByRole('button', { name: `Disable … ${code}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('cell', { name: 'disabled' }).waitFor()
  })

  it('is taken down and comes back: at once, everywhere', async () => {
    const visitor = await openWindow(browser, server.url)
    const isSeen = async (): Promise<boolean> => {
      const { status } = await fetch(`${server.url}/xrpc/app.bsky.actor.getProfile?actor=${alice.assertDid}`)
      return status === 200
    }
    await goTo(`/operator/accounts/${alice.assertDid}`, 'Account')
    await page.getByLabel('Why, for the record of actions').fill('a test of takedowns')
    await page.getByRole('button', { name: 'Take down' }).click()
    await page.getByRole('button', { name: 'Take the takedown back' }).waitFor()
    expect(await isSeen()).toBe(false)
    await page.getByRole('button', { name: 'Take the takedown back' }).click()
    await page.getByRole('button', { name: 'Take down' }).waitFor()
    expect(await isSeen()).toBe(true)
    await closeWindow(visitor.page)
    await goTo('/operator/actions', 'Actions')
    await page.getByRole('cell', { name: 'a test of takedowns' }).waitFor()
  })

  it('goes for good, when its handle is typed', async () => {
    const dan = await server.signUp('dan')
    await goTo(`/operator/accounts/${dan.session!.did}`, 'Account')
    await page.getByRole('button', { name: 'Delete the account …' }).click()
    await page.getByLabel('Its handle, dan.test').fill('dan.test')
    await page.getByRole('button', { name: 'Delete everything' }).click()
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
    await expect(server.agent().login({ identifier: 'dan.test', password: 'dan-password' })).rejects.toThrow()
  })
})

it('a report comes in, its record is taken down, the report is closed', async () => {
  const { uri, cid } = await alice.post({ text: 'Something that is reported' })
  const carla = await server.signUp('carla')
  await carla.com.atproto.moderation.createReport({
    reasonType: 'com.atproto.moderation.defs#reasonSpam',
    reason: `It is <b>spam</b> ${'W'.repeat(1000)}`,
    subject: { $type: 'com.atproto.repo.strongRef', uri, cid },
  })
  await goTo('/operator/reports', 'Reports')
  await page.getByText('It is <b>spam</b>').waitFor()
  await page.getByRole('link', { name: '@carla.test' }).waitFor()
  await page.getByText('Take down what is reported').click()
  await page.getByRole('button', { name: 'Take down' }).click()
  await page.getByRole('button', { name: 'Take the takedown back' }).waitFor()
  expect(await faultsOf(window)).toEqual([])
  await page.getByLabel('Note').fill('was spam')
  await page.getByRole('button', { name: 'Close the report' }).click()
  await page.getByText('There are none.').waitFor()
  expect((await carla.app.bsky.feed.getPosts({ uris: [uri] })).data.posts).toEqual([])
})

it('a label is set on an account, seen by all, and taken back', async () => {
  const labels = async (): Promise<string[]> => {
    const { data } = await alice.com.atproto.label.queryLabels({ uriPatterns: [alice.assertDid] })
    return data.labels.filter(({ neg }) => !neg).map(({ val }) => val)
  }
  await goTo('/operator/labels', 'Labels')
  await page.getByLabel('A handle, DID or at-uri').fill('alice.test')
  await page.getByLabel('Label', { exact: true }).fill('spam')
  await page.getByRole('button', { name: 'Set the label' }).click()
  await page.getByRole('button', { name: 'Take back spam' }).waitFor()
  expect(await labels()).toEqual(['spam'])
  await page.getByRole('button', { name: 'Take back spam' }).click()
  await page.getByRole('button', { name: 'Take back spam' }).waitFor({ state: 'detached' })
  expect(await labels()).toEqual([])
})

it('projections are compared with the log, and rebuilt', async () => {
  await goTo('/operator/log', 'Log and projections')
  await page.getByLabel('Only compare with what is in use').check()
  await page.getByRole('button', { name: 'Compare' }).click()
  await page.getByText('Everything is as the log says').waitFor()
  await page.getByLabel('Only compare with what is in use').uncheck()
  await page.getByRole('button', { name: 'Rebuild' }).click()
  await page.getByText(/^Rebuilt: /).waitFor()
})

it('a subscriber is seen while it listens', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`)
  await new Promise((done) => socket.once('message', done))
  await goTo('/operator/network', 'Network')
  await page.getByRole('cell', { name: 'subscribeRepos' }).waitFor()
  socket.close()
})

it('blobs are looked through, and the health of the server', async () => {
  await goTo('/operator/storage', 'Storage')
  await page.getByRole('button', { name: 'Look through them' }).click()
  await page.getByText(/0 blobs, 0 B: 0 missing/).waitFor()
  await goTo('/operator/doctor', 'Doctor')
  await page.getByLabel(/Ask others, too/).uncheck()
  await page.getByRole('button', { name: 'Look' }).click()
  await page.getByRole('table').waitFor()
  expect(await faultsOf(window)).toEqual([])
})

it('a snapshot is made, and the settings in force are shown without what is secret', async () => {
  const target = mkdtempSync(join(tmpdir(), 'skylog-backup-'))
  await goTo('/operator/backups', 'Backups')
  await page.getByText('Nothing is shipped as it is written').waitFor()
  await page.getByLabel('Where to').fill(target)
  await page.getByRole('button', { name: 'Make a snapshot' }).click()
  await page.getByText('Made.').waitFor()
  expect(readdirSync(target)).not.toEqual([])
  rmSync(target, { recursive: true })
  await goTo('/operator/settings', 'Settings')
  await page.getByRole('row', { name: /PDS_ADMIN_PASSWORD \(secret\)/ }).waitFor()
  expect(await page.content()).not.toContain(ADMIN)
})

it('mail: the codes that people have asked for stand there where no server sends them', async () => {
  await bob.login({ identifier: 'bob.test', password: 'bob-password' }).catch(() => undefined)
  await alice.com.atproto.server.requestEmailConfirmation()
  await goTo('/operator/mail', 'Mail')
  await page.getByText('No mail server is set').waitFor()
  await page.getByRole('cell', { name: '@alice.test' }).waitFor()
  await page.getByLabel('To', { exact: true }).fill('me@example.com')
  await page.getByRole('button', { name: 'Send a mail' }).click()
  await page.getByRole('alert').waitFor()
})

it('who leaves is asked for the password again', async () => {
  await goTo('/operator', 'Overview')
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByLabel('Admin password').waitFor()
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
})
