/** The proof of a record, checked in the browser: what is sound passes, and of what was tampered with the step is named. */
import { Secp256k1Keypair } from '@atproto/crypto'
import type { Browser, Page } from 'playwright-core'
import { decodeCar, encodeCar, encodeCommit, decodeCommit, Cid } from '../../../src/repo-engine/index.js'
import { faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { stopTestServer } from '../../support/server.js'
import { startTown, type Town } from './town.js'

const STEPS = [
  'Every block hashes to its CID',
  'The root is a commit of this repository',
  'The tree leads from the commit to the record',
  'The record is the one that is shown',
  'The commit is signed by the key of the identity',
]
const PROOF = '**/xrpc/com.atproto.sync.getRecord?*'

let town: Town
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  ;[town, browser] = await Promise.all([startTown(), startBrowser()])
  window = await openWindow(browser, town.server.url)
  page = window.page
})
afterEach(() => page.unrouteAll())
afterAll(async () => {
  await browser.close()
  await stopTestServer(town.server)
})

/** Opens the post and has it checked. @returns what each step came to, in order */
async function check(): Promise<string[]> {
  await page.goto(`/explore/alice.test/app.bsky.feed.post/${town.post.rkey}`)
  await page.getByRole('button', { name: 'Check the proof' }).click()
  const steps = page.getByRole('list', { name: 'Steps of the proof' })
  await steps.waitFor()
  const texts = await steps.locator('> li').allInnerTexts()
  expect(texts.map((text) => STEPS.find((name) => text.includes(name)))).toEqual(STEPS)
  return texts.map((text) => /^(passed|failed|not checked)/.exec(text)![0])
}

/** Changes the CAR of the proof on its way. */
function tamper(change: (car: Buffer) => Uint8Array): Promise<unknown> {
  return page.route(PROOF, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: Buffer.from(change(await response.body())) })
  })
}

/** The steps when this one fails. */
const failing = (step: number): string[] =>
  STEPS.map((_, i) => (i < step ? 'passed' : i === step ? 'failed' : 'not checked'))

it('passes for what the server has', async () => {
  expect(await check()).toEqual(STEPS.map(() => 'passed'))
  await page.getByText('This record is proven').waitFor()
  expect(await faultsOf(window)).toEqual([])
})

it('names the block of which one bit was flipped, wherever', async () => {
  const { data } = await town.alice.com.atproto.sync.getRecord({
    did: town.alice.assertDid,
    collection: 'app.bsky.feed.post',
    rkey: town.post.rkey,
  })
  const { blocks } = decodeCar(data)
  for (const { cid, offset, bytes } of blocks) {
    await tamper((car) => {
      car[offset + bytes.length - 3]! ^= 1
      return car
    })
    expect(await check()).toEqual(failing(0))
    await page.getByText(cid.toString()).filter({ hasText: 'does not hash to its CID' }).waitFor()
    await page.getByRole('alert').getByText(`What failed: ${STEPS[0]}`).waitFor()
    await page.unrouteAll()
  }
  expect(await faultsOf(window)).toEqual([])
})

it('refuses the commit of somebody else', async () => {
  await tamper((car) => resigned(car, (commit) => ({ ...commit, did: town.bob.assertDid as typeof commit.did })))
  expect(await check()).toEqual(failing(1))
})

it('refuses a tree that does not lead to the record', async () => {
  await tamper((car) => {
    const { roots, blocks } = decodeCar(car)
    // Of the nodes the last one that is on the way is left out.
    return encodeCar(roots[0]!, [blocks[0]!, ...blocks.slice(2)])
  })
  expect(await check()).toEqual(failing(2))
})

it('refuses a page that shows something else than was signed', async () => {
  await page.route('**/xrpc/com.atproto.repo.getRecord?*', async (route) => {
    const response = await route.fetch()
    const record = (await response.json()) as { value: { text: string } }
    record.value.text = 'The first post, with a twist'
    await route.fulfill({ response, json: record })
  })
  expect(await check()).toEqual(failing(3))
})

it('refuses a signature that is not by the key of the identity', async () => {
  await tamper((car) =>
    resigned(car, (commit) => ({
      ...commit,
      sig: Uint8Array.from(commit.sig, (byte, i) => (i === 63 ? byte ^ 1 : byte)),
    })),
  )
  expect(await check()).toEqual(failing(4))
  await page.unrouteAll()
  // Nor is it good when another key is put into the document.
  const other = await Secp256k1Keypair.create()
  await page.route('**/xrpc/com.atproto.identity.resolveDid?*', async (route) => {
    const response = await route.fetch()
    const { didDoc } = (await response.json()) as { didDoc: { verificationMethod: { publicKeyMultibase: string }[] } }
    didDoc.verificationMethod[0]!.publicKeyMultibase = other.did().slice('did:key:'.length)
    await route.fulfill({ response, json: { didDoc } })
  })
  expect(await check()).toEqual(failing(4))
})

it('says what is wrong with an answer that is no CAR', async () => {
  await tamper(() => Buffer.from('<html>'))
  expect(await check()).toEqual(failing(0))
})

/** The CAR with another commit in place of its own, whose hash is right. */
function resigned(
  car: Uint8Array,
  change: (commit: ReturnType<typeof decodeCommit>) => Parameters<typeof encodeCommit>[0],
): Buffer {
  const { roots, blocks } = decodeCar(car)
  const commit = blocks.find(({ cid }) => cid.equals(roots[0]))!
  const bytes = encodeCommit(change(decodeCommit(commit.bytes)))
  const cid = Cid.ofCbor(bytes)
  return encodeCar(cid, [{ cid, bytes }, ...blocks.filter((block) => block !== commit)])
}
