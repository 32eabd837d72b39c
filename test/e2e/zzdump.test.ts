import { appendFileSync, writeFileSync } from 'node:fs'
import { it } from '@jest/globals'
import { Cast, VIEWERS } from './community/cast.js'
import { Story } from './community/story.js'
import { title, whole, verify } from './community/check.js'
import { FEED_CHECKS } from './community/feed-checks.js'
import { THREAD_CHECKS } from './community/thread-checks.js'
import { ACTOR_CHECKS } from './community/actor-checks.js'
import { GRAPH_CHECKS } from './community/graph-checks.js'
import { NOTIFICATION_CHECKS } from './community/notification-checks.js'
import { UNSPECCED_CHECKS } from './community/unspecced-checks.js'

it('dumps', async () => {
  const cast = await Cast.assemble()
  const story = new Story(cast)
  await story.tell()
  cast.generator.answers = {
    'app.bsky.feed.describeFeedGenerator': () => [200, { did: cast.generator.did, feeds: [{ uri: cast.names.thing('bob/cats') }] }],
    'app.bsky.feed.getFeedSkeleton': () => [200, { cursor: 'next', feed: [{ post: cast.names.thing('alice/photo'), feedContext: 'ctx' }, { post: cast.names.thing('alice/mistake') },
      { post: cast.names.thing('dan/noise') }, { post: cast.names.thing('carla/link') }, { post: cast.names.thing('alice/hello'), reason: { $type: 'app.bsky.feed.defs#skeletonReasonRepost', repost: cast.names.thing('bob/reposts alice/hello') } }] }],
  }
  writeFileSync('/tmp/dump.txt', '')
  for (const check of [...FEED_CHECKS, ...THREAD_CHECKS, ...ACTOR_CHECKS, ...GRAPH_CHECKS, ...NOTIFICATION_CHECKS, ...UNSPECCED_CHECKS]) {
    const by = new Map<string, string[]>()
    for (const viewer of VIEWERS) {
      let text = ''
      try {
        const answer = await whole(cast, check, viewer)
        text = typeof answer === 'string' ? answer : JSON.stringify(check.facts(answer))
        await verify(cast, { ...check, sees: { everyone: typeof answer === 'string' ? answer : check.facts(answer) } }, viewer)
      } catch (error) { text += 'ERR ' + (error as Error).message.slice(0, 1500) }
      by.set(text, [...(by.get(text) ?? []), viewer])
    }
    appendFileSync('/tmp/dump.txt', `## ${title(check)}\n` + [...by].map(([text, v]) => `   ${v.length === 5 ? 'ALL' : v.join(' ')}: ${text}\n`).join(''))
  }
  appendFileSync('/tmp/dump.txt', cast.lexicons.problems.join('\n'))
  await cast.leave()
}, 120000)
