/**
 * Alice, bob, carla and dan live on one server, and everything that app.bsky has happens to them. Every endpoint is then
 * looked at through the eyes of each of them and of nobody: `community/*-checks.ts` are what the server answers.
 */
import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BSKY_ADAPTERS } from '../../src/modules/api-2022/adapters-bsky.js'
import { COMPOSITES } from '../../src/modules/api-2022/composites.js'
import { Database } from '../../src/modules/database/database.js'
import { servedMethods } from '../../src/modules/xrpc/xrpc.js'
import { Rebuild } from '../../src/projections/replay/rebuild.js'
import { dump } from '../support/dump.js'
import { LexiconCheck } from '../support/lexicon-check.js'
import { ACTOR_CHECKS } from './community/actor-checks.js'
import { APP_VIEW, LABELER, type ScreenCall, SCREENS, WELCOME } from './community/app-screens.js'
import { type Answer, Cast, type Viewer, VIEWERS } from './community/cast.js'
import { answerTo, type Check, title, verify } from './community/check.js'
import { CHECKS_2022 } from './community/checks-2022.js'
import { FEED_CHECKS } from './community/feed-checks.js'
import { GRAPH_CHECKS } from './community/graph-checks.js'
import { NOTIFICATION_CHECKS } from './community/notification-checks.js'
import { SEARCH_CHECKS } from './community/search-checks.js'
import { tellStory } from './community/story.js'
import { THREAD_CHECKS } from './community/thread-checks.js'
import { UNSPECCED_CHECKS } from './community/unspecced-checks.js'

const CHECKS: Record<string, Check[]> = {
  'feeds and posts': FEED_CHECKS,
  threads: THREAD_CHECKS,
  'search and feeds made elsewhere': SEARCH_CHECKS,
  actors: ACTOR_CHECKS,
  graph: GRAPH_CHECKS,
  'notifications and private state': NOTIFICATION_CHECKS,
  'suggestions, trends, settings': UNSPECCED_CHECKS,
  'everything under the names of 2022': CHECKS_2022,
}
const ALL_CHECKS = Object.values(CHECKS).flat()

const PROCEDURE = /\.(create|delete|mute|put|register|send|unmute|unregister|update)[A-Z]\w*$/

let cast: Cast
/** What was answered, by check and viewer. */
const answers = new Map<string, Answer>()

beforeAll(async () => {
  cast = await Cast.assemble()
  await tellStory(cast)
})
afterAll(() => cast.leave())

describe.each(Object.entries(CHECKS))('what everybody sees of %s', (_, checks) => {
  it.each(checks.map((check) => [title(check), check] as const))('%s', async (name, check) => {
    for (const viewer of VIEWERS) answers.set(`${name} as ${viewer}`, await verify(cast, check, viewer))
  })
})

describe('every method of app.bsky that is served', () => {
  const queries = new Set(ALL_CHECKS.map(({ nsid }) => nsid))
  const served = servedMethods().filter((nsid) => nsid.startsWith('app.bsky.'))

  it('is a query with checks, or a procedure in the story', () => {
    const { answered } = cast.lexicons
    expect(served.filter((nsid) => !answered.has(nsid))).toEqual([])
    expect(served.filter((nsid) => !queries.has(nsid) && !PROCEDURE.test(nsid))).toEqual([])
    expect([...BSKY_ADAPTERS, ...COMPOSITES].filter(({ nsid }) => !answered.has(nsid))).toEqual([])
  })

  it.each(served.filter((nsid) => !queries.has(nsid)))('%s is for accounts', async (nsid) => {
    await expect(cast.tell('nobody', nsid, {})).rejects.toMatchObject({ status: 401, error: 'AuthMissing' })
  })

  it('has answered as its lexicon says, each time', () => {
    expect(cast.lexicons.problems).toEqual([])
  })
})

it('would notice an answer that is not as its lexicon says', async () => {
  const { generator } = cast
  const asked = `http://localhost:${generator.port}/xrpc/app.bsky.feed.describeFeedGenerator`
  const check = new LexiconCheck()
  await expect(check.fetch(asked)).resolves.toMatchObject({ status: 200 })
  const { answers: good } = generator
  generator.answers = { 'app.bsky.feed.describeFeedGenerator': () => [200, { did: 'alice', feeds: [] }] }
  await expect(check.fetch(asked)).rejects.toThrow('Output/did must be a valid did')
  generator.answers = { 'app.bsky.feed.describeFeedGenerator': () => [500, { error: 'InternalServerError' }] }
  await expect(check.fetch(asked)).rejects.toThrow('InternalServerError')
  generator.answers = good
})

it('leaves nothing of an account that is deleted, nor of what is taken down', () => {
  const names = new Set<unknown>()
  JSON.stringify([...answers.values()], (_, value: unknown) => {
    if (typeof value === 'string') names.add(value)
    return value
  })
  expect(names).toContain('alice/hello')
  for (const name of ['erin', 'erin/wave', 'erin/likes alice/hello', 'dan/worse', 'bob/bad'])
    expect(names).not.toContain(name)
})

it('says how fresh an answer is', async () => {
  const { headers } = await cast.client('alice').app.bsky.feed.getTimeline()
  const { data } = await cast.client('nobody').com.atproto.sync.getLatestCommit({ did: cast.did('alice') })
  expect(headers['atproto-repo-rev']).toBe(data.rev)
})

describe('the app, on every screen', () => {
  const client = (viewer: Viewer): AtpAgent => {
    const agent = cast.client(viewer).clone()
    agent.configureProxy(`${APP_VIEW}#bsky_appview`)
    agent.configureLabelers([LABELER])
    return agent
  }
  const run = async (viewer: Viewer, calls: ScreenCall[]): Promise<void> => {
    const agent = client(viewer)
    for (const [nsid, params = {}] of calls) {
      const call = agent.call(nsid, cast.names.meant(params) as never)
      await expect(call).resolves.toMatchObject({ success: true })
    }
  }

  it('before anybody has signed in', () => run('nobody', WELCOME))

  it.each(Object.entries(SCREENS))('%s', (_, calls) => run('alice', calls))

  it('keeps up when there are no chats', async () => {
    const { port } = cast.generator
    const somewhere = client('alice')
    // Whose service is not to be reached, and who has no such service.
    for (const did of ['did:web:localhost%3A1', `did:web:localhost%3A${port}`]) {
      const chats = somewhere.withProxy('bsky_chat', did)
      await expect(chats.chat.bsky.convo.listConvos()).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
      await expect(chats.chat.bsky.convo.getLog()).rejects.toMatchObject({ status: 400, error: 'InvalidRequest' })
    }
    await expect(cast.client('alice').chat.bsky.convo.listConvos()).rejects.toMatchObject({
      error: 'MethodNotImplemented',
    })
  })
})

describe('the same answers are given', () => {
  const repeated = async (): Promise<void> => {
    for (const check of ALL_CHECKS)
      for (const viewer of VIEWERS) {
        const name = `${title(check)} as ${viewer}`
        expect({ name, answer: await answerTo(cast, check, viewer) }).toEqual({ name, answer: answers.get(name) })
      }
  }

  it('after a rebuild of the projections, which come out as they were', async () => {
    const database = cast.server.app.get(Database, { strict: false })
    const live = await dump(database)
    const rebuild = cast.server.app.get(Rebuild, { strict: false })
    expect((await rebuild.run([], { verify: true })).differences).toEqual([])
    await rebuild.run([])
    expect(await dump(database)).toBe(live)
    await repeated()
  })

  it('after a restart', async () => {
    await cast.restart()
    await repeated()
  })
})
