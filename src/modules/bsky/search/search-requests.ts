import { Injectable } from '@nestjs/common'
import { PostFlag } from '../../../projections/feed/post-flags.js'
import { POST } from '../../lexicon/collections.js'
import type { AppBskyFeedSearchPostsParams, AppBskyFeedSearchPostsV2Params } from '../../lexicon/types.js'
import { invalidRequest, type XrpcError } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import { PostMatches, type ValueColumn } from './post-matches.js'
import { momentOf, parseQuery, type QueryPart } from './post-query.js'

/** In characters and in parts: what nobody types, and a search should not have to look up. */
const MAX_QUERY = 2_000
const MAX_PARTS = 50

/** Turns what a client asks for into what posts are looked for. */
@Injectable()
export class SearchRequests {
  constructor(private readonly actors: Actors) {}

  /** Everything in the query and in the parameters must hold. @throws XrpcError 400 BadQueryString. */
  async ofV1(context: ReadContext, params: AppBskyFeedSearchPostsParams): Promise<PostMatches> {
    const matches = new PostMatches()
    await this.addQuery(matches, context, params.q)
    if (params.author) matches.anyOf('author', await this.dids(context, [params.author]))
    if (params.mentions) matches.anyOf('mentions', await this.dids(context, [params.mentions]))
    if (params.domain) matches.anyOf('links', [bareDomain(params.domain)])
    if (params.url) matches.anyOf('links', urlForms(params.url))
    if (params.lang) matches.anyOf('langs', [params.lang])
    for (const tag of params.tag ?? []) matches.anyOf('tags', [bareTag(tag)])
    addTimes(matches, params)
    return matches
  }

  /** Of each list one is enough; everything else must hold. @throws XrpcError 400 BadQueryString. */
  async ofV2(context: ReadContext, params: AppBskyFeedSearchPostsV2Params): Promise<PostMatches> {
    const matches = new PostMatches()
    await this.addQuery(matches, context, params.query ?? '')
    const lists: [ValueColumn, string[] | undefined, string[] | undefined][] = [
      ['author', await this.didsOf(context, params.authors), await this.didsOf(context, params.excludeAuthors)],
      ['mentions', await this.didsOf(context, params.mentions), await this.didsOf(context, params.excludeMentions)],
      ['links', params.domains?.map(bareDomain), params.excludeDomains?.map(bareDomain)],
      ['links', params.urls?.flatMap(urlForms), params.excludeUrls?.flatMap(urlForms)],
      ['tags', params.hashtags?.map(bareTag), params.excludeHashtags?.map(bareTag)],
      ['langs', params.languages, params.excludeLanguages],
    ]
    for (const [column, wanted, unwanted] of lists) {
      if (wanted) matches.anyOf(column, wanted)
      if (unwanted) matches.anyOf(column, unwanted, true)
    }
    if (params.embeddedAtUris) addEmbeds(matches, params.embeddedAtUris, 'IN')
    if (params.excludeEmbeddedAtUris) addEmbeds(matches, params.excludeEmbeddedAtUris, 'NOT IN')
    addTimes(matches, params)
    if (params.excludeReplies && params.repliesOnly) throw badQuery('excludeReplies and repliesOnly exclude each other')
    if (params.excludeReplies) matches.where(`p.flags & ${PostFlag.reply} = 0`)
    if (params.repliesOnly) matches.where(`p.flags & ${PostFlag.reply} <> 0`)
    if (params.hasMedia) matches.where(`p.flags & ${PostFlag.media} <> 0`)
    if (params.hasVideo) matches.where(`p.flags & ${PostFlag.video} <> 0`)
    if (params.replyParentUri) matches.where('p.reply_parent = ?', params.replyParentUri)
    if (params.threadRootUri) matches.where('p.reply_root = ?', params.threadRootUri)
    if (params.following)
      matches.where('p.did IN (SELECT subject FROM bsky_follow WHERE did = ?)', context.viewer ?? '')
    if (matches.isEmpty) throw badQuery('A query or at least one filter is required')
    return matches
  }

  private async addQuery(matches: PostMatches, context: ReadContext, query: string): Promise<void> {
    const parts = parseQuery(query)
    if (query.length > MAX_QUERY || parts.length > MAX_PARTS) throw badQuery('The query is too long')
    for (const part of parts) await this.addPart(matches, context, part)
  }

  private async addPart(
    matches: PostMatches,
    context: ReadContext,
    { kind, value, negated }: QueryPart,
  ): Promise<void> {
    switch (kind) {
      case 'words':
        return value === '*' ? matches.where('TRUE') : matches.words(value, negated)
      case 'tag':
        return matches.anyOf('tags', [value], negated)
      case 'from':
        return matches.anyOf('author', await this.dids(context, [value]), negated)
      case 'mentions':
        return matches.anyOf('mentions', await this.dids(context, [value]), negated)
      case 'domain':
        return matches.anyOf('links', [bareDomain(value)], negated)
      case 'url':
        return matches.anyOf('links', urlForms(value), negated)
      case 'lang':
        return matches.anyOf('langs', [value], negated)
      case 'since':
        return matches.where(`p.sort_at ${negated ? '<' : '>='} ?`, momentOf(value))
      case 'until':
        return matches.where(`p.sort_at ${negated ? '>=' : '<'} ?`, momentOf(value))
    }
  }

  private didsOf(context: ReadContext, actors: readonly string[] | undefined): Promise<string[]> | undefined {
    return actors && this.dids(context, actors)
  }

  /** Those of the actors that there are; `me` is the viewer. */
  private async dids({ viewer }: ReadContext, actors: readonly string[]): Promise<string[]> {
    const dids: string[] = []
    for (const actor of actors) {
      const did = actor.toLowerCase() === 'me' ? viewer : await this.actors.didOf(actor)
      if (did) dids.push(did)
    }
    return dids
  }
}

function addTimes(matches: PostMatches, { since, until }: { since?: string; until?: string }): void {
  if (since !== undefined) matches.where('p.sort_at >= ?', moment(since))
  if (until !== undefined) matches.where('p.sort_at < ?', moment(until))
}

function moment(text: string): number {
  const found = momentOf(text)
  if (found === null) throw badQuery('since and until take a date or a datetime')
  return found
}

const EMBEDS = `'${POST}:embed.record.uri', '${POST}:embed.record.record.uri'`

function addEmbeds(matches: PostMatches, uris: readonly string[], among: 'IN' | 'NOT IN'): void {
  const marks = uris.map(() => '?').join(',')
  matches.where(
    `p.uri ${among} (SELECT uri FROM bsky_backlink WHERE target IN (${marks}) AND path IN (${EMBEDS}))`,
    ...uris,
  )
}

function bareTag(tag: string): string {
  return tag.replace(/^[#＃]/, '')
}

function bareDomain(domain: string): string {
  return domain.replace(/^(https?:\/\/)?(www\.)?/i, '').replace(/\/.*$/, '')
}

/** A page's address with and without the slash at its end. */
function urlForms(url: string): string[] {
  const bare = url.replace(/\/$/, '')
  return [bare, `${bare}/`]
}

function badQuery(message: string): XrpcError {
  return invalidRequest(message, 'BadQueryString')
}
