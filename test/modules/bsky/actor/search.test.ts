import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, takeDown } from '../operator.js'

type Client = AtpAgent & { assertDid: string }

const lexicons = new Lexicons()
const clients = new Map<string, Client>()
let server: TestServer
let nobody: AtpAgent

async function search(q: string, client: AtpAgent = nobody, limit?: number): Promise<string[]> {
  const { data } = await client.app.bsky.actor.searchActors({ q, limit })
  lexicons.checkOutput('app.bsky.actor.searchActors', data)
  return data.actors.map(({ handle }) => handle.replace('.test', ''))
}

async function typeahead(q: string, client: AtpAgent = nobody, limit?: number): Promise<string[]> {
  const { data } = await client.app.bsky.actor.searchActorsTypeahead({ q, limit })
  lexicons.checkOutput('app.bsky.actor.searchActorsTypeahead', data)
  return data.actors.map(({ handle }) => handle.replace('.test', ''))
}

async function block(who: Client, whom: Client): Promise<string> {
  const record = { subject: whom.assertDid, createdAt: new Date().toISOString() }
  return (await who.app.bsky.graph.block.create({ repo: who.assertDid }, record)).uri
}

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })
  nobody = server.agent()
  for (const [name, displayName, description] of [
    ['rose', 'Rose Garden', ''],
    ['rosemary', 'Mary', 'herbs and more'],
    ['bob', 'Rosé Émile', ''],
    ['carla', 'Wild Rose', ''],
    ['dan', 'Dan', 'I grow a rose or two, 100% "organic" 🪴'],
    ['eve', 'Éve 東京タワー', ''],
  ] as const) {
    const client = await server.signUp(name)
    await client.upsertProfile(() => ({ displayName, description, createdAt: new Date().toISOString() }))
    clients.set(name, client)
  }
})
afterAll(() => stopTestServer(server))

describe('the search for actors', () => {
  it('puts the exact handle first, then handles and names that begin so, then words, then descriptions', async () => {
    expect(await search('rose')).toEqual(['rose', 'rosemary', 'bob', 'carla', 'dan'])
    expect(await search('@rose.test')).toEqual(['rose'])
    expect(await search('ROSE g')).toEqual(['rose', 'dan'])
  })

  it('finds words in any order and script, with and without accents', async () => {
    expect(await search('garden rose')).toEqual(['rose'])
    expect(await search('emile')).toEqual(['bob'])
    expect(await search('東京')).toEqual(['eve'])
    expect(await search('ÉVE')).toEqual(['eve'])
    expect(await search('organic 100')).toEqual(['dan'])
  })

  it('takes the old name of its parameter', async () => {
    const { data } = await nobody.app.bsky.actor.searchActors({ term: 'mary' })
    expect(data.actors.map(({ handle }) => handle)).toEqual(['rosemary.test'])
    const typed = await nobody.app.bsky.actor.searchActorsTypeahead({ term: 'mary' })
    expect(typed.data.actors.map(({ handle }) => handle)).toEqual(['rosemary.test'])
  })

  it('understands nothing of the query as a language', async () => {
    for (const q of [
      '',
      ' ',
      '%',
      '_',
      '*',
      '"',
      '""',
      "'",
      '(',
      ')',
      ':',
      '^',
      '-',
      '+',
      '🪴',
      '\0',
      '" " "',
      'name:',
      'NOT',
    ])
      expect([q, await search(q), await typeahead(q)]).toEqual([q, [], []])
    for (const q of ['rose*', '"rose', 'rose"*', '^rose', '(rose'])
      expect((await search(q)).toSorted()).toEqual(['bob', 'carla', 'dan', 'rose', 'rosemary'])
    expect(await search('rose OR mary')).toEqual([])
    expect(await search('AND')).toEqual(['rosemary'])
    expect(await search('mary\0')).toEqual(['rosemary'])
    expect(await search('100% 🪴')).toEqual(['dan'])
    expect(await search('x'.repeat(5_000))).toEqual([])
    expect(await search('rose '.repeat(1_000))).toHaveLength(5)
  })

  it('comes in pages whose order holds', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { data } = await nobody.app.bsky.actor.searchActors({ q: 'rose', limit: 2, cursor })
      seen.push(...data.actors.map(({ handle }) => handle.replace('.test', '')))
      cursor = data.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual(await search('rose'))
  })

  it('leaves out whoever has a block with the viewer, but not from themselves', async () => {
    const [rose, carla] = [clients.get('rose')!, clients.get('carla')!]
    const uri = await block(rose, carla)
    expect(await search('wild', rose)).toEqual([])
    expect(await search('rose', carla)).not.toContain('rose')
    expect(await search('wild', carla)).toEqual(['carla'])
    expect(await typeahead('wild', rose)).toEqual([])
    expect(await typeahead('carla.test', rose)).toEqual(['carla'])
    await rose.app.bsky.graph.block.delete({ repo: rose.assertDid, rkey: uri.split('/').at(-1)! })
    expect(await search('wild', rose)).toEqual(['carla'])
  })

  it('leaves out whoever is taken down', async () => {
    const { assertDid } = clients.get('carla')!
    await takeDown(server, assertDid, true)
    expect(await search('wild')).toEqual([])
    await takeDown(server, assertDid, false)
    expect(await search('wild')).toEqual(['carla'])
  })
})

describe('the typeahead', () => {
  it('completes the last word, up to the limit', async () => {
    expect((await typeahead('ro')).toSorted()).toEqual(['bob', 'carla', 'dan', 'rose', 'rosemary'])
    expect((await typeahead('ro')).slice(2)).toEqual(['bob', 'carla', 'dan'])
    expect(await typeahead('ro', nobody, 2)).toHaveLength(2)
    expect(await typeahead('wi')).toEqual(['carla'])
  })

  it('puts first whom the viewer follows, and who follows the viewer, among equals', async () => {
    const [eve, rose, rosemary] = ['eve', 'rose', 'rosemary'].map((name) => clients.get(name)!)
    const first = (await typeahead('ros', eve))[0] === 'rose' ? rosemary! : rose!
    const follow = await first.follow(eve!.assertDid)
    expect((await typeahead('ros', eve))[0]).toBe(first === rose ? 'rose' : 'rosemary')
    await first.deleteFollow(follow.uri)
    const other = first === rose ? rosemary! : rose!
    await eve!.follow(other.assertDid)
    expect((await typeahead('ros', eve))[0]).toBe(other === rose ? 'rose' : 'rosemary')
  })
})
