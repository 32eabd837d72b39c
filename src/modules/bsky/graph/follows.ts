import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { FOLLOW } from '../../lexicon/collections.js'
import type { AppBskyActorDefsProfileView } from '../../lexicon/types.js'
import { type ActorLine, ActorPages, withoutViewerBlocks } from '../actor/actor-pages.js'
import type { ReadContext } from '../context.js'
import { Relationships } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place, placeOf } from '../page.js'

/** An actor, and those whom it has to do with. */
export interface AboutActor {
  subject: AppBskyActorDefsProfileView
  page: Page<AppBskyActorDefsProfileView>
}

type Query = { actor: string; limit: number; cursor?: string }

interface Row {
  did: string
  uri: string
  sort_at: number
}

/** Who follows whom, newest first. A follow between two who have a block with each other is shown to nobody. */
@Injectable()
export class Follows {
  constructor(
    private readonly database: Database,
    private readonly pages: ActorPages,
    private readonly relationships: Relationships,
  ) {}

  /** Who follows an actor. @throws XrpcError 400 InvalidRequest for nobody and for a malformed cursor. */
  async followers(context: ReadContext, query: Query): Promise<AboutActor> {
    return this.fill(context, query, (did, after, count) =>
      this.database.read.all<Row>(
        `SELECT did, uri, sort_at FROM bsky_backlink WHERE target = ? AND path = '${FOLLOW}:subject'
           AND (sort_at, uri) < (?, ?) ORDER BY sort_at DESC, uri DESC LIMIT ?`,
        did,
        after.at,
        after.key,
        count,
      ),
    )
  }

  /** Whom an actor follows. @throws XrpcError 400 InvalidRequest for nobody and for a malformed cursor. */
  async follows(context: ReadContext, query: Query): Promise<AboutActor> {
    return this.fill(context, query, (did, after, count) =>
      // An actor's records stand together: they are read in one go, however they are ordered.
      this.database.read.all<Row>(
        `SELECT subject AS did, uri, sort_at FROM bsky_follow f WHERE uri > ? AND uri < ? AND (sort_at, uri) < (?, ?)
           AND NOT EXISTS (SELECT 1 FROM bsky_follow g WHERE g.did = f.did AND g.subject = f.subject AND g.uri < f.uri)
         ORDER BY sort_at DESC, uri DESC LIMIT ?`,
        `at://${did}/${FOLLOW}/`,
        `at://${did}/${FOLLOW}0`,
        after.at,
        after.key,
        count,
      ),
    )
  }

  /** Those followers of an actor whom the viewer follows, by DID. @throws XrpcError as {@link followers}. */
  async known(context: ReadContext & { viewer: string }, { actor, limit, cursor }: Query): Promise<AboutActor> {
    const subject = await this.pages.subject(context, actor)
    const read = async ({ key }: Place, count: number): Promise<ActorLine[]> => {
      const rows = await this.database.read.all<{ did: string }>(
        `SELECT DISTINCT f.subject AS did FROM bsky_follow f WHERE f.did = ? AND f.subject < ?
           AND EXISTS (SELECT 1 FROM bsky_follow g WHERE g.did = f.subject AND g.subject = ?)
         ORDER BY f.subject DESC LIMIT ?`,
        context.viewer,
        key,
        subject.did,
        count,
      )
      return rows.map(({ did }) => ({ did, place: { at: 0, key: did } }))
    }
    return { subject, page: await this.pages.fill(context, limit, placeOf(cursor), read, withoutViewerBlocks) }
  }

  private async fill(
    context: ReadContext,
    { actor, limit, cursor }: Query,
    read: (did: string, after: Place, count: number) => Row[] | Promise<Row[]>,
  ): Promise<AboutActor> {
    const subject = await this.pages.subject(context, actor)
    const page = await fillPage(
      limit,
      placeOf(cursor),
      async (after, count) => {
        const rows = await read(subject.did, after, count)
        return rows.map(({ did, uri, sort_at }) => ({ did, place: { at: sort_at, key: uri } }))
      },
      async (lines) => {
        const blocked = await this.relationships.blockedWith(
          subject.did,
          lines.map(({ did }) => did),
        )
        return this.pages.view(context, lines, (did, h) => !blocked.has(did) && withoutViewerBlocks(did, h))
      },
    )
    return { subject, page }
  }
}
