/**
 * The generated types, used as the server uses them. What must not compile is marked; `npm run typecheck`
 * is what fails when a mark is not earned.
 */
import { execFileSync } from 'node:child_process'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import type {
  AppBskyActorDefsProfileView,
  AppBskyFeedPost,
  RecordTypes,
  XrpcMethods,
} from '../../../src/modules/lexicon/types.js'

const lexicons = new Lexicons()
const NOW = '2026-01-02T03:04:05.678Z'

describe('generated types', () => {
  it('are those of the published lexicons', () => {
    execFileSync(process.execPath, ['scripts/lexicons.mjs', '--check'], { stdio: 'pipe' })
  })

  it('type records, with unions told apart by $type', () => {
    const post: RecordTypes['app.bsky.feed.post'] = {
      $type: 'app.bsky.feed.post',
      text: 'hello',
      createdAt: NOW,
      embed: { $type: 'app.bsky.embed.external', external: { uri: 'https://example.com', title: '', description: '' } },
    }
    const title = (record: AppBskyFeedPost): string | undefined =>
      record.embed?.$type === 'app.bsky.embed.external' ? record.embed.external.title : undefined
    expect(title(post)).toBe('')
    expect(lexicons.checkRecord(post.$type, post, true)).toBe('valid')

    // @ts-expect-error createdAt is required
    const incomplete: AppBskyFeedPost = { $type: 'app.bsky.feed.post', text: '' }
    // @ts-expect-error members of a union carry their $type
    const untyped: AppBskyFeedPost['embed'] = { images: [] }
    expect([incomplete, untyped]).toHaveLength(2)
  })

  it('type methods by NSID', () => {
    const input: XrpcMethods['com.atproto.repo.createRecord']['input'] = {
      repo: 'alice.test',
      collection: 'app.bsky.feed.post',
      record: {},
    }
    lexicons.checkInput('com.atproto.repo.createRecord', input)
    const output: XrpcMethods['com.atproto.identity.resolveHandle']['output'] = { did: 'did:web:alice.test' }
    lexicons.checkOutput('com.atproto.identity.resolveHandle', output)
    const nothing: XrpcMethods['com.atproto.server.deleteSession']['output'] = undefined
    expect(nothing).toBeUndefined()
  })

  it('type params with their defaults there, and unknown methods loosely', () => {
    const limit: number = lexicons.parseParams('app.bsky.feed.getTimeline', {}).limit
    const loose: unknown = lexicons.parseParams('app.bsky.feed.getTimeline' as string, {}).limit
    expect([limit, loose]).toEqual([50, 50])
    // @ts-expect-error there is no such param
    expect(lexicons.parseParams('app.bsky.feed.getTimeline', {}).page).toBeUndefined()
  })

  it('leave known values open', () => {
    const view: AppBskyActorDefsProfileView = { did: 'did:web:alice.test', handle: 'alice.test', displayName: 'Alice' }
    const filter: XrpcMethods['app.bsky.feed.getAuthorFeed']['params']['filter'] = 'of_tomorrow'
    expect([view.displayName, filter]).toEqual(['Alice', 'of_tomorrow'])
  })
})
