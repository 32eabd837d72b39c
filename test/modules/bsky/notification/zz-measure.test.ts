import { it } from '@jest/globals'
import { startTestServer, stopTestServer } from '../../../support/server.js'

it('measures', async () => {
  const server = await startTestServer()
  const alice = await server.signUp('alice')
  const posts: { uri: string; cid: string }[] = []
  for (let i = 0; i < 100; i++) posts.push(await alice.post({ text: `post ${i}` }))
  for (let u = 0; u < 20; u++) {
    const agent = await server.signUp(`user${u}`)
    if (u % 2) await alice.follow(agent.assertDid)
    await agent.com.atproto.repo.applyWrites({
      repo: agent.assertDid,
      writes: posts.map((subject, i) => ({
        $type: 'com.atproto.repo.applyWrites#create',
        collection: u % 4 ? 'app.bsky.feed.like' : 'app.bsky.feed.post',
        value: u % 4 ? { $type: 'app.bsky.feed.like', subject, createdAt: new Date(Date.now() - i).toISOString() } : { $type: 'app.bsky.feed.post', text: 'yes', reply: { root: subject, parent: subject }, createdAt: new Date(Date.now() - i).toISOString() },
      })),
    })
  }
  const run = async (label: string, fn: () => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < 50; i++) await fn()
    const n = 1200
    const start = performance.now()
    let left = n
    await Promise.all(Array.from({ length: 16 }, async () => { while (left-- > 0) await fn() }))
    console.log(label, Math.round(n / ((performance.now() - start) / 1000)), '/s')
  }
  const headers = { authorization: `Bearer ${alice.session!.accessJwt}` }
  const get = (path: string) => async () => { const r = await fetch(`${server.url}/xrpc/${path}`, { headers }); await r.text(); if (!r.ok) throw new Error(String(r.status)) }
  await run('list 50', get('app.bsky.notification.listNotifications?limit=50'))
  await run('list 50 priority mentions', get('app.bsky.notification.listNotifications?limit=50&priority=true&reasons=reply&reasons=mention&reasons=quote'))
  await run('count', get('app.bsky.notification.getUnreadCount'))
  await run('timeline', get('app.bsky.feed.getTimeline?limit=50'))
  await run('health', get('_health'))
  const { Notifications } = await import('../../../../src/modules/bsky/notification/notifications.js')
  const { StoredRecords } = await import('../../../../src/modules/bsky/notification/stored-records.js')
  const { NotificationLines } = await import('../../../../src/modules/bsky/notification/notification-lines.js')
  const q = server.app.get(Notifications, { strict: false })
  const context = { viewer: alice.assertDid as never, admin: false, labelers: null }
  const time = async (label: string, fn: () => Promise<unknown>) => { for (let i = 0; i < 100; i++) await fn(); const s = performance.now(); for (let i = 0; i < 500; i++) await fn(); console.log(label, ((performance.now() - s) / 500).toFixed(3), 'ms') }
  await time('list', () => q.list(context, { limit: 50 }))
  await time('count', () => q.unreadCount(context))
  const lines = server.app.get(NotificationLines, { strict: false })
  const wanted = { reasons: ['like', 'reply', 'subscribed-post'] as const, fromFollows: [] }
  await time('lines', () => lines.read(context.viewer, wanted as never, { at: Number.MAX_SAFE_INTEGER, key: '\u{10ffff}' }, 51))
  const some = await lines.read(context.viewer, wanted as never, { at: Number.MAX_SAFE_INTEGER, key: '\u{10ffff}' }, 50)
  const records = server.app.get(StoredRecords, { strict: false })
  await time('records', () => records.of(some.map(({ uri }) => uri)))
  await stopTestServer(server)
}, 120000)
