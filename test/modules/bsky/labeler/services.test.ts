import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, takeDown } from '../operator.js'

const lexicons = new Lexicons()
const { server, alice, bob } = await startCommunity(['alice', 'bob'], { PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })

async function services(client: AtpAgent, detailed?: boolean) {
  const { data } = await client.app.bsky.labeler.getServices({
    dids: [bob.assertDid, alice.assertDid, 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', alice.assertDid],
    detailed,
  })
  lexicons.checkOutput('app.bsky.labeler.getServices', data)
  return data.views
}

beforeAll(async () => {
  await alice.app.bsky.labeler.service.create(
    { repo: alice.assertDid, rkey: 'self' },
    { policies: { labelValues: ['rude'] }, subjectTypes: ['account'], createdAt: new Date().toISOString() },
  )
})
afterAll(() => stopTestServer(server))

it('tells of labelers alone, each once', async () => {
  const views = await services(server.agent())
  expect(views).toMatchObject([
    {
      $type: 'app.bsky.labeler.defs#labelerView',
      creator: { did: alice.assertDid, associated: { labeler: true } },
      likeCount: 0,
    },
  ])
  expect(views[0]).not.toHaveProperty('policies')
})

it('tells their policies when asked for detail', async () => {
  expect(await services(server.agent(), true)).toMatchObject([
    {
      $type: 'app.bsky.labeler.defs#labelerViewDetailed',
      policies: { labelValues: ['rude'] },
      subjectTypes: ['account'],
    },
  ])
})

it('says whether the viewer likes one', async () => {
  const [view] = (await services(bob)) as unknown as [{ uri: string; cid: string }]
  const like = await bob.like(view.uri, view.cid)
  expect(await services(bob)).toMatchObject([{ likeCount: 1, viewer: { like: like.uri } }])
  expect((await services(alice))[0]).toMatchObject({ likeCount: 1, viewer: {} })
})

it('leaves out those that are taken down', async () => {
  await takeDown(server, alice.assertDid, true)
  expect(await services(server.agent())).toEqual([])
  await takeDown(server, alice.assertDid, false)
})
