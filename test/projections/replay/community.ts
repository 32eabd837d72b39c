import type { AtpAgent } from '@atproto/api'
import { Database } from '../../../src/modules/database/database.js'
import { Rebuild } from '../../../src/projections/replay/rebuild.js'
import { dump } from '../../support/dump.js'
import type { TestServer } from '../../support/server.js'

export type Member = AtpAgent & { assertDid: string }

export const databaseOf = (server: TestServer): Database => server.app.get(Database, { strict: false })
export const rebuildOf = (server: TestServer): Rebuild => server.app.get(Rebuild, { strict: false })
export const dumpOf = (server: TestServer): Promise<string> => dump(databaseOf(server))

/** Members of a community who have posted to, liked, reposted and followed each other, and taken some of it back. */
export async function community(server: TestServer, posts = 3): Promise<Member[]> {
  const members = await Promise.all(['alice', 'bob', 'carla'].map((name) => server.signUp(name)))
  for (const member of members) {
    await member.upsertProfile((profile) => ({ ...profile, displayName: 'Someone', description: 'from a test' }))
    for (let n = 0; n < posts; n++) {
      const post = await member.post({ text: `Post ${n} von ${member.assertDid} über nichts` })
      for (const other of members) {
        const { uri } = await other.like(post.uri, post.cid)
        if (n % 3 === 1) await other.deleteLike(uri)
      }
      await members[n % members.length]!.repost(post.uri, post.cid)
      if (n % 4 === 3) await member.deletePost(post.uri)
    }
    for (const other of members) if (other !== member) await member.follow(other.assertDid)
  }
  return members
}

/** Tables and indexes that only a rebuild has. */
export async function leftovers(server: TestServer): Promise<string[]> {
  const rows = await databaseOf(server).read.all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'r[0-9]*'",
  )
  return rows.map(({ name }) => name)
}
