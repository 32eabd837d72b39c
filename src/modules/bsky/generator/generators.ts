import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import type { AppBskyFeedDefsGeneratorView, AppBskyFeedGetFeedGeneratorOutput } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place, placeOf } from '../page.js'
import { generatorView } from '../views/thing-view.js'
import { FeedSource } from './feed-source.js'

type View = AppBskyFeedDefsGeneratorView

/** Longer than any name of a feed. */
const MAX_QUERY = 300

/** Feed generators: by name, by whom, and the popular ones. */
@Injectable()
export class Generators {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
    private readonly source: FeedSource,
  ) {}

  /** One generator, and whether its service is there. @throws XrpcError 400 InvalidRequest when it is unknown here. */
  async one(context: ReadContext, feed: string): Promise<AppBskyFeedGetFeedGeneratorOutput> {
    const [view] = await this.byUri(context, [feed])
    if (!view) throw invalidRequest('could not find feed')
    return { view, ...(await this.source.state(view.did, feed)) }
  }

  /** Those of the generators that are shown, in their order; each once. */
  async byUri(context: ReadContext, uris: readonly string[]): Promise<View[]> {
    const views = await this.views(context, [...new Set(uris)])
    return views.filter((view) => view !== undefined)
  }

  /** What an actor has declared, newest first. @throws XrpcError 400 InvalidRequest for nobody and malformed cursors. */
  async byActor(context: ReadContext, actor: string, limit: number, cursor?: string): Promise<Page<View>> {
    const did = await this.actors.didOf(actor)
    if (did === null) throw invalidRequest('Profile not found')
    return this.page(context, limit, cursor, ({ at, key }, count) =>
      this.database.read.all<Row>(BY_ACTOR, `at://${did}/`, `at://${did}0`, at, key, count),
    )
  }

  /** The most liked first; with a query those in whose name or description all its words are. @throws XrpcError 400. */
  async popular(context: ReadContext, limit: number, cursor?: string, query = ''): Promise<Page<View>> {
    const words = query.slice(0, MAX_QUERY).toLowerCase().split(/\s+/).filter(Boolean)
    return this.page(
      context,
      limit,
      cursor,
      ({ at, key }, count) => this.database.read.all<Row>(POPULAR, roughly(words), at, key, count),
      ({ displayName, description = '' }) => {
        const text = `${displayName} ${description}`.toLowerCase()
        return words.every((word) => text.includes(word))
      },
    )
  }

  private page(
    context: ReadContext,
    limit: number,
    cursor: string | undefined,
    read: (after: Place, count: number) => Row[] | Promise<Row[]>,
    keep: (view: View) => boolean = () => true,
  ): Promise<Page<View>> {
    return fillPage(
      limit,
      placeOf(cursor),
      async (after, count) => (await read(after, count)).map(({ at, uri }) => ({ place: { at, key: uri } })),
      async (lines) => {
        const uris = lines.map(({ place }) => place.key)
        return (await this.views(context, uris)).map((view) => (view && keep(view) ? view : undefined))
      },
    )
  }

  /** The views of generators; undefined for what is not shown, and where a block is between. */
  private async views(context: ReadContext, uris: readonly string[]): Promise<(View | undefined)[]> {
    const h = await this.hydrator.hydrate(context, { generators: uris })
    return uris.map((uri) => {
      const did = h.generators.get(uri)?.did
      return did === undefined || blocks(h.relationships.get(did)) ? undefined : generatorView(uri, h)
    })
  }
}

interface Row {
  at: number
  uri: string
}

/** A LIKE pattern that lets through whatever has the longest of the words; SQL folds no letters but those of ASCII. */
function roughly(words: readonly string[]): string {
  const plain = words.filter((word) => /^[a-z0-9]+$/.test(word)).sort((a, b) => b.length - a.length)
  return `%${plain[0] ?? ''}%`
}

const BY_ACTOR = `SELECT sort_at AS at, uri FROM bsky_generator
  WHERE uri > ? AND uri < ? AND (sort_at, uri) < (?, ?) ORDER BY sort_at DESC, uri DESC LIMIT ?`

const POPULAR = `SELECT at, uri FROM (
    SELECT g.uri, coalesce((SELECT s.likes FROM bsky_post_stat s WHERE s.uri = g.uri), 0) AS at FROM bsky_generator g
    WHERE g.json LIKE ?)
  WHERE (at, uri) < (?, ?) ORDER BY at DESC, uri DESC LIMIT ?`
