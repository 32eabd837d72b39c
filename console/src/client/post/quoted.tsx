import { AppBskyEmbedRecord, AppBskyEmbedRecordWithMedia, type AppBskyFeedDefs } from '@atproto/api'
import { Time } from '../../ui/time.js'
import { judgePost } from '../judge.js'
import { postPath, recordPath } from '../links.js'
import { Avatar, Byline } from '../people/person.js'
import { EmbedView } from './embed.js'
import { postOf } from './post-record.js'
import { FacetText } from './facets.js'
import { Veil } from './veil.js'

/** A post within a post. What it quotes itself is only named. */
export function Quoted({ of: record, depth }: { of: AppBskyEmbedRecord.ViewRecord; depth: number }) {
  const { uri, author, value, embeds = [], indexedAt } = record
  const post = postOf(value)
  if (!post)
    return (
      <a class="card" href={recordPath(uri)}>
        <span>
          <strong>A record of @{author.handle}</strong>
          <small>{uri}</small>
        </span>
      </a>
    )
  const view: AppBskyFeedDefs.PostView = {
    ...record,
    $type: 'app.bsky.feed.defs#postView',
    record: value,
    embed: embeds[0],
  }
  const judged = judgePost(view)
  const isShown = depth < 2 || !(AppBskyEmbedRecord.isView(embeds[0]) || AppBskyEmbedRecordWithMedia.isView(embeds[0]))
  return (
    <blockquote class="quoted" aria-label={`Quoted post of ${author.handle}`}>
      <Veil ui={judged.ui('contentList')} what="Quoted post">
        <p class="post-head">
          <Avatar of={author} isVeiled={judged.ui('avatar').blur} />
          <Byline of={author} />
          <a class="when" href={postPath(uri, author.handle)}>
            <Time at={indexedAt} />
          </a>
        </p>
        <p class="text" dir="auto">
          <FacetText text={post.text} facets={post.facets} />
        </p>
        {isShown ? <EmbedView of={embeds[0]} did={author.did} judged={judged} depth={depth} /> : null}
      </Veil>
    </blockquote>
  )
}
