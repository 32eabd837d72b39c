/** Accounts that move in the browser of their owners, both ways. */
import type { Browser } from 'playwright-core'
import { closeWindows, faultsOf, openWindow, startBrowser } from '../../support/browser.js'
import { codeFor } from '../../support/mail-codes.js'
import { accountWithHistory, expectArrived } from '../../support/moving.js'
import { PlcStub } from '../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-of-a-test'

let plc: PlcStub
let here: TestServer
let there: TestServer
let browser: Browser

beforeAll(async () => {
  plc = await PlcStub.start()
  const env = (domain: string) => ({
    PDS_DID_PLC_URL: plc.url,
    PDS_SERVICE_HANDLE_DOMAINS: domain,
    PDS_ADMIN_PASSWORD: ADMIN,
  })
  here = await startTestServer(env('.here.test'))
  there = await startTestServer(env('.test'))
  browser = await startBrowser()
})
afterEach(() => closeWindows(browser))
afterAll(async () => {
  await browser.close()
  await stopTestServer(here)
  await stopTestServer(there)
  await plc.close()
})

it('from another server to this one: with everything, and the old one stands back', async () => {
  const history = await accountWithHistory(await there.signUp('alice'))
  const window = await openWindow(browser, here.url)
  const { page } = window
  await page.goto('/settings/move')
  await page.getByLabel('The server that the account is on').fill(there.url)
  await page.getByLabel('Handle or email there').fill('alice.test')
  await page.getByLabel('Password there').fill('alice-password')
  await page.getByRole('button', { name: 'Sign in there' }).click()
  await page.getByText('You are signed in there as @alice.test').waitFor()
  await page.getByLabel('Name here').fill('alice')
  await page.getByLabel('Password here').fill('another-password')
  await page.getByRole('button', { name: 'Move here' }).click()
  await page.getByRole('dialog').getByLabel('Code').waitFor()
  expect(await faultsOf(window)).toEqual([])
  await page
    .getByRole('dialog')
    .getByLabel('Code')
    .fill(await codeFor(there, 'alice.test', ADMIN))
  await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click()
  await page.getByText('The account lives here now').waitFor()
  await expectArrived(history, {
    ...{ from: there, to: here, plc },
    ...{ password: 'another-password', handle: 'alice.here.test' },
  })
})

it('from this server to another: a code that is not there yet can be brought later', async () => {
  const history = await accountWithHistory(await here.signUp('bob.here'))
  const { page } = await openWindow(browser, here.url)
  await page.goto('/sign-in')
  await page.getByLabel('Handle or email').fill('bob.here.test')
  await page.getByLabel('Password').fill('bob.here-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: '@bob.here.test' }).first().waitFor()
  const begin = async (): Promise<void> => {
    await page.goto('/settings/move')
    await page.getByLabel('The new server').fill(there.url)
    await page.getByLabel('Handle there').fill('bob.test')
    await page.getByLabel('Password there', { exact: true }).fill('another-password')
    await page.getByRole('button', { name: 'Move away' }).click()
  }
  await begin()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await page.getByText('the identity stays where it is').waitFor()
  await page.getByRole('button', { name: 'Move away' }).click()
  const code = page.getByRole('dialog').getByLabel('Code')
  await code.waitFor()
  // Even when the page has been closed meanwhile.
  await begin()
  await code.waitFor()
  await code.fill(await codeFor(here, 'bob.here.test', ADMIN))
  await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click()
  await page.getByText('The account lives there now').waitFor()
  await expectArrived(history, { from: here, to: there, plc, password: 'another-password', handle: 'bob.test' })
})

it('from this server to this server goes nowhere, and leaves the account in use', async () => {
  const eve = await here.signUp('eve.here')
  const { page } = await openWindow(browser, here.url, {}, eve)
  await page.goto('/settings/move')
  await page.getByLabel('The new server').fill(here.url)
  await page.getByLabel('Handle there').fill('eve2.here.test')
  await page.getByLabel('Password there', { exact: true }).fill('eve.here-password')
  await page.getByRole('button', { name: 'Move away' }).click()
  await page.getByText('The account is on this server already').waitFor()
  const nobody = await openWindow(browser, here.url)
  await nobody.page.goto('/settings/move')
  await nobody.page.getByLabel('The server that the account is on').fill(here.url)
  await nobody.page.getByLabel('Handle or email there').fill('eve.here.test')
  await nobody.page.getByLabel('Password there').fill('eve.here-password')
  await nobody.page.getByRole('button', { name: 'Sign in there' }).click()
  await nobody.page.getByText('on this server already: sign in').waitFor()
  expect((await eve.com.atproto.server.getSession()).data.active).toBe(true)
})
