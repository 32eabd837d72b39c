/** A server with accounts of all kinds, for whoever looks at it from outside. */
import type { AtpAgent } from '@atproto/api'
import { CommandBus } from '@nestjs/cqrs'
import sharp from 'sharp'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { repoOf } from '../../e2e/cars.js'
import { ADMIN_PASSWORD, operator } from '../../modules/bsky/operator.js'
import { startTestServer, type TestServer } from '../../support/server.js'

type Member = AtpAgent & { assertDid: string }

export interface Town {
  server: TestServer
  alice: Member
  bob: Member
  /** Taken down. */
  carla: Member
  /** A repository whose identity nobody can look up any more. */
  archived: string
  /** A copy of the repository of Dora, who lives on pds.elsewhere.example. */
  copied: string
  /** Of alice: a post with an image, which bob likes, reposts, quotes and answers. */
  post: { uri: string; cid: string; rkey: string }
  /** Of bob: text that would like to be something else. */
  hostile: { uri: string; cid: string; rkey: string }
  /** Of bob, in com.example.thing: objects in objects, sixty deep, and a text of 20,000 letters. */
  deep: { rkey: string }
}

export const SCRIPT = '<img src=x onerror="document.title=\'taken\'"><script>document.title = "taken"</script>'

export async function startTown(): Promise<Town> {
  const server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN_PASSWORD, PDS_FIREHOSE_SCOPE: 'all' })
  const [alice, bob, carla] = [await server.signUp('alice'), await server.signUp('bob'), await server.signUp('carla')]
  await alice.upsertProfile(() => ({ displayName: 'Alice of the tests', description: 'Writes first.\nThen thinks.' }))
  await carla.post({ text: 'soon nobody will read this' })
  await operator(server).com.atproto.admin.updateSubjectStatus({
    subject: { $type: 'com.atproto.admin.defs#repoRef', did: carla.assertDid },
    takedown: { applied: true },
  })
  const post = await postWithImage(alice)
  await alice.follow(bob.assertDid)
  await bob.like(post.uri, post.cid)
  await bob.repost(post.uri, post.cid)
  const ref = { uri: post.uri, cid: post.cid }
  await bob.post({ text: 'An answer', reply: { root: ref, parent: ref } })
  await bob.post({ text: 'Look at this', embed: { $type: 'app.bsky.embed.record', record: ref } })
  const hostile = await bob.post({ text: SCRIPT })
  const deep = await bob.com.atproto.repo.createRecord({
    repo: bob.assertDid,
    collection: 'com.example.thing',
    record: { $type: 'com.example.thing', long: 'x'.repeat(20_000), [SCRIPT]: SCRIPT, inside: nested(55) },
  })
  return {
    ...{ server, alice, bob, carla },
    archived: await archive(server),
    copied: await copy(server),
    post: { ...post, rkey: rkeyOf(post.uri) },
    hostile: { ...hostile, rkey: rkeyOf(hostile.uri) },
    deep: { rkey: rkeyOf(deep.data.uri) },
  }
}

async function postWithImage(who: Member): Promise<{ uri: string; cid: string }> {
  const image = await sharp({ create: { width: 600, height: 400, channels: 3, background: '#3a7' } })
    .png()
    .toBuffer()
  const { data } = await who.uploadBlob(image, { encoding: 'image/png' })
  return who.post({
    text: 'The first post, with a picture',
    embed: { $type: 'app.bsky.embed.images', images: [{ alt: 'green', image: data.blob }] },
  })
}

/** Takes in the repository of somebody who is not known to any directory. */
async function archive(server: TestServer): Promise<string> {
  const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
  const record = { $type: 'com.example.note', text: 'from long ago' }
  await takeIn(server, did, 'archived', { 'com.example.note/one': record })
  return did
}

/** Takes in the repository of somebody who lives elsewhere, as the directory has it. */
async function copy(server: TestServer): Promise<string> {
  const [signingKey, rotationKey] = [SigningKey.generate().didKey, SigningKey.generate()]
  const { did, op } = formatGenesis({
    ...{ handle: 'dora.elsewhere.example', signingKey, rotationKey },
    pdsUrl: 'https://pds.elsewhere.example',
  })
  const headers = { 'content-type': 'application/json' }
  const { status } = await fetch(`${server.url}/${did}`, { method: 'POST', headers, body: JSON.stringify(op) })
  expect(status).toBe(200)
  const profile = { $type: 'app.bsky.actor.profile', displayName: 'Dora Elsewhere' }
  await takeIn(server, did, 'mirrored', { 'app.bsky.actor.profile/self': profile })
  return did
}

async function takeIn(
  server: TestServer,
  did: string,
  hosting: 'archived' | 'mirrored',
  records: Record<string, unknown>,
): Promise<void> {
  const { car } = await repoOf(did, records)
  const source = (async function* () {
    yield car
  })()
  const bus = server.app.get(CommandBus, { strict: false })
  await bus.execute(new ImportRepo(source, { did: null, hosting, key: null, signedBy: async () => null }))
}

function nested(depth: number): unknown {
  return depth === 0 ? 'the bottom' : { [`level${depth}`]: nested(depth - 1) }
}

function rkeyOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1)
}
