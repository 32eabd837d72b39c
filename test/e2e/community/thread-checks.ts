import { type Check } from './check.js'
import { flat, thread } from './facts.js'

const THREADS = ['alice/hello', 'carla/hi', 'alice/thanks', 'dan/noise', 'bob/mentioned', 'bob/followers', 'alice/followed', 'alice/listed', 'bob/nobody',
  'carla/not mentioned', 'bob/to a mistake', 'alice/mistake', 'bob/bad', 'dan/worse']

export const THREAD_CHECKS: Check[] = [
  ...THREADS.map((uri): Check => ({ nsid: 'app.bsky.feed.getPostThread', params: { uri }, facts: thread, sees: {} })),
  { nsid: 'app.bsky.feed.getPostThread', params: { uri: 'bob/hi', depth: 1, parentHeight: 0 }, facts: thread, sees: {} },
  ...['alice/hello', 'carla/hi', 'dan/noise', 'bob/to a mistake', 'alice/mistake', 'bob/followers'].map((anchor): Check => ({ nsid: 'app.bsky.unspecced.getPostThreadV2', params: { anchor }, facts: (a) => ({ thread: flat(a), other: a.hasOtherReplies }), sees: {} })),
  { nsid: 'app.bsky.unspecced.getPostThreadOtherV2', params: { anchor: 'alice/hello' }, facts: flat, sees: {} },
]
