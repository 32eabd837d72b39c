/** Threads, as a tree and as a list. */
import { type Check, each, lines } from './check.js'
import { flat, thread } from './facts.js'

/** The tree is the same for all; what is hidden or muted in it is for clients to fold. */
const TREES: Record<string, Check['sees']> = {
  'alice/hello': {
    everyone: lines(`
      [alice/hello], - dan/noise, - alice/more, - - dan/last, - bob/hi, - - carla/hi, - - - alice/thanks`),
    carla: lines(`
      [alice/hello], - blocked dan/noise, - alice/more, - - blocked dan/last, - bob/hi, - - carla/hi,
      - - - alice/thanks`),
    dan: lines('[alice/hello], - dan/noise, - alice/more, - - dan/last, - bob/hi, - - blocked carla/hi'),
  },
  'carla/hi': {
    everyone: lines('alice/hello, bob/hi, [carla/hi], - alice/thanks'),
    dan: ['[blocked carla/hi]'],
  },
  'alice/thanks': {
    everyone: lines('alice/hello, bob/hi, carla/hi, [alice/thanks]'),
    dan: lines('blocked carla/hi, [alice/thanks]'),
  },
  'dan/noise': { everyone: lines('alice/hello, [dan/noise]'), carla: ['[blocked dan/noise]'] },
  // Each gate lets one of two in.
  'bob/mentioned': {
    everyone: lines('[bob/mentioned], - dan/as mentioned'),
    carla: lines('[bob/mentioned], - blocked dan/as mentioned'),
  },
  'bob/followers': {
    everyone: lines('[bob/followers], - carla/as follower'),
    dan: lines('[bob/followers], - blocked carla/as follower'),
  },
  'alice/followed': { everyone: lines('[alice/followed], - bob/as followed') },
  'alice/listed': {
    everyone: lines('[alice/listed], - carla/as listed'),
    dan: lines('[alice/listed], - blocked carla/as listed'),
  },
  'bob/nobody': { everyone: lines('[bob/nobody], - bob/own') },
  // Whoever was not let in stands alone.
  'carla/not mentioned': { everyone: ['[carla/not mentioned]'], dan: ['[blocked carla/not mentioned]'] },
  'bob/to a mistake': { everyone: lines('notfound alice/mistake, [bob/to a mistake]') },
  'alice/mistake': { everyone: '400 NotFound' },
  'bob/bad': { everyone: '400 NotFound' },
  'dan/worse': { everyone: '400 NotFound' },
  'erin/wave': { everyone: '400 NotFound' },
}

/** Who muted dan finds him aside. Carla wants to be seen by those alone who are signed in. */
const LISTS: Record<string, Check['sees']> = {
  'alice/hello': {
    everyone: lines('0 alice/hello, 1 alice/more, 1 bob/hi, 2 carla/hi, 3 alice/thanks, and others'),
    carla: lines('0 alice/hello, 1 alice/more, 1 bob/hi, 2 carla/hi, 3 alice/thanks'),
    dan: lines('0 alice/hello, 1 alice/more, 2 dan/last, 1 dan/noise, 1 bob/hi'),
    nobody: lines('0 alice/hello, 1 alice/more, 2 dan/last, 1 bob/hi, and others'),
  },
  'carla/hi': {
    everyone: lines('-2 alice/hello, -1 bob/hi, 0 carla/hi, 1 alice/thanks'),
    dan: ['0 blocked carla/hi'],
    nobody: lines('-2 alice/hello, -1 bob/hi, 0 nounauthenticated carla/hi'),
  },
  'dan/noise': { everyone: lines('-1 alice/hello, 0 dan/noise'), carla: ['0 blocked dan/noise'] },
  'bob/followers': {
    everyone: lines('0 bob/followers, 1 carla/as follower'),
    dan: ['0 bob/followers'],
    nobody: ['0 bob/followers'],
  },
  'bob/to a mistake': { everyone: lines('-1 notfound alice/mistake, 0 bob/to a mistake') },
  'alice/mistake': { everyone: ['0 notfound alice/mistake'] },
}

export const THREAD_CHECKS: Check[] = [
  ...each(TREES, (uri) => ({ nsid: 'app.bsky.feed.getPostThread', params: { uri }, facts: thread })),
  {
    nsid: 'app.bsky.feed.getPostThread',
    params: { uri: 'bob/hi', depth: 1, parentHeight: 0 },
    facts: thread,
    sees: { everyone: lines('[bob/hi], - carla/hi'), dan: lines('[bob/hi], - blocked carla/hi') },
  },
  {
    nsid: 'app.bsky.feed.getPostThread',
    params: { uri: 'alice/listed' },
    facts: ({ threadgate }) => [threadgate.uri, ...threadgate.lists.map(({ uri }: { uri: string }) => uri)],
    sees: { everyone: ['alice/listed threadgate', 'alice/friends'] },
  },
  ...each(LISTS, (anchor) => ({
    nsid: 'app.bsky.unspecced.getPostThreadV2',
    params: { anchor },
    facts: (answer) => [...flat(answer), ...(answer.hasOtherReplies ? ['and others'] : [])],
  })),
  {
    nsid: 'app.bsky.unspecced.getPostThreadV2',
    params: { anchor: 'bob/hi', above: false, below: 1 },
    facts: flat,
    sees: { everyone: lines('0 bob/hi, 1 carla/hi'), dan: ['0 bob/hi'], nobody: ['0 bob/hi'] },
  },
  {
    nsid: 'app.bsky.unspecced.getPostThreadOtherV2',
    params: { anchor: 'alice/hello' },
    facts: flat,
    sees: { everyone: ['1 dan/noise'], carla: [], dan: [] },
  },
]
