/** Alice and bob, each in front of a window: what one writes reaches the other, and what the other makes of it comes back. */
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import {
  answered,
  becomes,
  faultsOf,
  focused,
  openWindow,
  startBrowser,
  type WatchedPage,
} from '../../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { card, lookAgain, signIn } from './member.js'

let server: TestServer
let browser: Browser
let alice: WatchedPage
let bob: WatchedPage

beforeAll(async () => {
  server = await startTestServer()
  await server.signUp('alice')
  await server.signUp('bob')
  browser = await startBrowser()
  alice = await openWindow(browser, server.url)
  bob = await openWindow(browser, server.url, { phone: true, dark: true })
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

it('alice signs in, and comes to where she wanted to go', async () => {
  const { page } = alice
  await page.goto('/home')
  await page.getByRole('main').getByRole('link', { name: 'sign in' }).click()
  await signIn(alice, 'alice')
  await page.getByText('Nothing here yet').waitFor()
  expect(new URL(page.url()).pathname).toBe('/home')
})

it('alice posts a picture, which is made to fit, and sees it at once', async () => {
  const { page } = alice
  const picture = await sharp({ create: { width: 4000, height: 1000, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  await page.getByLabel('What is there to tell?').fill('The sea at noon, for @bob.test #sea')
  await page.getByLabel('Picture files').setInputFiles({ name: 'sea.png', mimeType: 'image/png', buffer: picture })
  await page.getByLabel('What picture 1 shows').fill('A calm sea')
  await page.getByRole('button', { name: 'Post', exact: true }).click()
  const image = card(page, 'The sea at noon').getByAltText('A calm sea')
  await image.waitFor()
  expect(await image.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(2000)
  await becomes(() => page.getByLabel('What is there to tell?').inputValue(), '')
  expect(await faultsOf(alice)).toEqual([])
})

it('bob finds alice, follows her, and has her post in his timeline', async () => {
  const { page } = bob
  await page.goto('/sign-in?back=/search')
  await signIn(bob, 'bob')
  await page.getByLabel('Search', { exact: true }).fill('alic')
  await page.getByRole('option', { name: /alice/ }).waitFor()
  expect(await faultsOf(bob)).toEqual([])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '@alice.test' }).waitFor()
  const follow = page.getByRole('button', { name: 'Follow', exact: true })
  await answered(page, 'com.atproto.repo.createRecord', follow.click())
  await page.getByRole('button', { name: 'Following', pressed: true }).waitFor()
  expect(await faultsOf(bob)).toEqual([])
  await page.goto('/home')
  await card(page, 'The sea at noon').waitFor()
  expect(await faultsOf(bob)).toEqual([])
})

it('bob opens the picture, likes the post and replies to it', async () => {
  const { page } = bob
  const post = card(page, 'The sea at noon')
  await post.getByRole('button', { name: 'Open picture: A calm sea' }).click()
  await page.getByRole('dialog').getByAltText('A calm sea').waitFor()
  await page.keyboard.press('Escape')
  await answered(page, 'com.atproto.repo.createRecord', post.getByRole('button', { name: 'Like' }).click())
  await post.getByRole('button', { name: 'Like 1', pressed: true }).waitFor()
  await post.getByRole('button', { name: 'Reply' }).click()
  await page.getByRole('dialog').getByLabel('Your reply').fill('How blue it is')
  await page.getByRole('dialog').getByRole('button', { name: 'Reply' }).click()
  await card(page, 'How blue it is').getByText('Reply to').waitFor()
})

it('alice is told of it, and reads the thread', async () => {
  const { page } = alice
  await lookAgain(page)
  await page.getByRole('link', { name: 'Notifications 3 unread' }).click()
  const told = page.getByRole('list').filter({ hasText: 'followed you' }).getByRole('listitem')
  const said = async () => (await told.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
  await becomes(said, [
    expect.stringContaining('bob.test replied to you'),
    expect.stringMatching(/bob\.test liked your post .* The sea at noon/),
    expect.stringContaining('bob.test followed you'),
  ])
  await page.getByRole('link', { name: 'Notifications', exact: true }).waitFor()
  expect(await faultsOf(alice)).toEqual([])
  await page.getByRole('link', { name: 'Mentions and replies' }).click()
  await page.getByText('followed you').waitFor({ state: 'detached' })
  await card(page, 'How blue it is').getByText('How blue it is').click()
  await page.getByRole('heading', { name: 'Post of bob.test' }).waitFor()
  await page.getByRole('list', { name: 'What it answers' }).getByText('The sea at noon').waitFor()
  expect(await faultsOf(alice)).toEqual([])
  await page.getByLabel('Your reply').fill('And cold')
  await page.getByRole('button', { name: 'Reply', exact: true }).last().click()
  await card(page, 'And cold').waitFor()
})

it('bob is told that there is something new, and the page stays as it is until he asks', async () => {
  const { page } = bob
  await page.goto('/home')
  await card(page, 'How blue it is').waitFor()
  await alice.page.goto('/home')
  await alice.page.getByLabel('What is there to tell?').fill('The tide comes in')
  await alice.page.getByRole('button', { name: 'Post', exact: true }).click()
  await card(alice.page, 'The tide comes in').waitFor()
  await lookAgain(page)
  const news = page.getByRole('button', { name: '1 new post' })
  await news.waitFor()
  expect(await card(page, 'The tide comes in').count()).toBe(0)
  await news.click()
  await card(page, 'The tide comes in').waitFor()
})

it('bob reposts and quotes, and alice sees both', async () => {
  const { page } = bob
  const post = card(page, 'The tide comes in')
  await answered(page, 'com.atproto.repo.createRecord', post.getByRole('button', { name: 'Repost' }).click())
  await post.getByRole('button', { name: 'Repost 1', pressed: true }).waitFor()
  await post.getByRole('button', { name: 'Quote' }).click()
  await page.getByRole('dialog').getByLabel('Your post').fill('As it does twice a day')
  await page.getByRole('dialog').getByRole('button', { name: 'Post' }).click()
  await card(page, 'As it does twice a day').getByText('The tide comes in').waitFor()
  await alice.page.goto('/notifications')
  await alice.page.getByText('quoted your post').waitFor()
  await alice.page.getByText('reposted your post').waitFor()
  await alice.page.goto('/profile/bob.test')
  await alice.page.getByText('Reposted by').waitFor()
})

it('alice deletes a post, which asks first, and it is gone for both', async () => {
  const { page } = alice
  await page.goto('/profile/alice.test')
  const post = card(page, 'The tide comes in')
  await post.getByRole('button', { name: 'More' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete this post?' })
  await dialog.waitFor()
  expect(await faultsOf(alice)).toEqual([])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await post.getByRole('button', { name: 'More' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await post.waitFor({ state: 'detached' })
  await focused(page.getByRole('heading', { level: 1 }))
  await bob.page.goto('/home')
  await card(bob.page, 'As it does twice a day').getByText('not there any more').waitFor()
})

it('search finds the post by its words and its tag, and the address keeps the search', async () => {
  const { page } = bob
  await page.goto('/search?tab=posts&q=noon')
  await card(page, 'The sea at noon').getByRole('link', { name: '#sea' }).click()
  await page.waitForURL(/q=%23sea/)
  await card(page, 'The sea at noon').waitFor()
  expect(await faultsOf(bob)).toEqual([])
  await page.getByLabel('Search', { exact: true }).fill('nothing of the kind')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByText('No post has that').waitFor()
})

it('alice says who she is', async () => {
  const { page } = alice
  await page.goto('/profile/alice.test')
  await page.getByRole('button', { name: 'Edit profile' }).click()
  const face = await sharp({ create: { width: 900, height: 900, channels: 4, background: '#f60' } })
    .png()
    .toBuffer()
  const dialog = page.getByRole('dialog', { name: 'Edit profile' })
  await dialog.getByLabel('Name').fill('Alice of the Sea')
  await dialog.getByLabel('Description').fill('I look at https://sea.example/ all day.')
  await dialog.getByLabel('Picture').setInputFiles({ name: 'face.png', mimeType: 'image/png', buffer: face })
  expect(await faultsOf(alice)).toEqual([])
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Alice of the Sea' }).waitFor()
  await page.getByRole('link', { name: 'https://sea.example/' }).waitFor()
  const { data } = await server.agent().getProfile({ actor: 'alice.test' })
  expect(data).toMatchObject({ displayName: 'Alice of the Sea', avatar: expect.stringContaining('/img/avatar/') })
})

it('bob bookmarks, mutes, blocks and unblocks', async () => {
  const { page } = bob
  await page.goto('/profile/alice.test')
  const post = card(page, 'The sea at noon')
  await answered(page, 'app.bsky.bookmark.createBookmark', post.getByRole('button', { name: 'Bookmark' }).click())
  await post.getByRole('button', { name: 'Bookmark', pressed: true }).waitFor()
  const more = page.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'More' })
  await more.click()
  await answered(page, 'app.bsky.graph.muteActor', page.getByRole('button', { name: 'Mute', exact: true }).click())
  await page.getByText('you have muted this account').waitFor()
  await more.click()
  await answered(page, 'app.bsky.graph.unmuteActor', page.getByRole('button', { name: 'Unmute' }).click())
  await page.getByText('you have muted this account').waitFor({ state: 'detached' })
  await more.click()
  await page.getByRole('button', { name: 'Block', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('you block this account').waitFor()
  await alice.page.goto('/profile/bob.test')
  await alice.page.getByText('this account blocks you').waitFor()
  await page.getByRole('button', { name: 'Unblock' }).click()
  await card(page, 'The sea at noon').waitFor()
  await page.goto('/profile/bob.test/bookmarks')
  await card(page, 'The sea at noon').waitFor()
})
