/** The images that app.bsky views name, of accounts that live elsewhere. */
import { TestServer } from '../../support/account-app.js'
import { mirror, OtherPds, png, postOf, profileOf } from './other-pds.js'

const PATH = 'app.bsky.feed.post/3kabcdefghi2a'

let server: TestServer
let pds: OtherPds
beforeAll(async () => {
  pds = await OtherPds.start()
  server = await TestServer.start()
})
afterAll(async () => {
  await server.close()
  await pds.close()
})

it('are where the views say', async () => {
  const [avatar, photo] = [png(100), png(200)]
  await mirror(server, pds.did, {
    'app.bsky.actor.profile/self': profileOf(pds.add(avatar)),
    [PATH]: postOf(pds.add(photo)),
  })
  const { data } = await server.agent().app.bsky.feed.getPosts({ uris: [`at://${pds.did}/${PATH}`] })
  const { author, embed } = data.posts[0]!
  const [image] = (embed as unknown as { images: { thumb: string; fullsize: string }[] }).images
  for (const [url, bytes] of [
    [author.avatar!, avatar],
    [image!.thumb, photo],
    [image!.fullsize, photo],
  ] as const) {
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-disposition': expect.stringMatching(/^inline; filename="bafk/) as string,
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  }
  expect(pds.asked).toHaveLength(2)
})

it('are none of what is no image, not there, or misspelt', async () => {
  const page = pds.add(Buffer.from('<!doctype html><script>alert(1)</script>'))
  const video = pds.add(Buffer.from('\x00\x00\x00\x18ftypisom', 'latin1'))
  const photo = pds.add(png(300))
  await mirror(server, pds.did, { [PATH]: postOf(page, video, photo) })
  const alice = await server.createAccount('alice')
  const did = encodeURIComponent(pds.did)
  const status = async (path: string): Promise<number> => (await fetch(`${server.url}/img/${path}`)).status
  for (const file of [photo.toString(), `${photo.toString()}@jpeg`, `${photo.toString()}@png`])
    expect(await status(`feed_fullsize/plain/${did}/${file}`)).toBe(200)
  for (const path of [
    `feed_fullsize/plain/${did}/${page.toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${video.toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${'bafk'}@jpeg`,
    `feed_fullsize/plain/${did}/${pds.add(png(301)).toString()}@jpeg`,
    `feed_fullsize/plain/${did}/${photo.toString()}@svg`,
    `feed_fullsize/plain/${did}/${photo.toString().toUpperCase()}@jpeg`,
    `feed_fullsize/plain/${did}/..%2f..%2fsecrets.json`,
    `feed_fullsize/plain/${did}/%2e%2e`,
    `feed_fullsize/plain/${alice.did}/${photo.toString()}@jpeg`,
    `feed_fullsize/plain/did:plc:${'a'.repeat(24)}/${photo.toString()}@jpeg`,
    `feed_fullsize/plain/nobody/${photo.toString()}@jpeg`,
    `feed_fullsize/crop/${did}/${photo.toString()}@jpeg`,
    `huge/plain/${did}/${photo.toString()}@jpeg`,
    `__proto__/plain/${did}/${photo.toString()}@jpeg`,
  ])
    expect([path, await status(path)]).toEqual([path, 404])
  pds.respond = (response) => response.writeHead(500).end()
  const lost = pds.add(png(302))
  await mirror(server, pds.did, { [PATH]: postOf(lost) })
  expect(await status(`feed_fullsize/plain/${did}/${lost.toString()}@jpeg`)).toBe(502)
})
