import {
  type AppBskyEmbedExternal,
  AppBskyEmbedExternal as External,
  AppBskyEmbedGallery,
  AppBskyEmbedImages,
  AppBskyEmbedRecord,
  AppBskyEmbedRecordWithMedia,
  AppBskyEmbedVideo,
  AppBskyFeedDefs,
  AppBskyGraphDefs,
  AppBskyLabelerDefs,
  type ModerationDecision,
} from '@atproto/api'
import { recordPath, safeUrl } from '../links.js'
import { Pictures } from './pictures.js'
import { Quoted } from './quoted.js'
import { Veil } from './veil.js'
import { Video } from './video.js'

type Embed = AppBskyFeedDefs.PostView['embed']

/** What a post has with it: pictures, a video, a card of a link, another record. `did`: its author, who has the blobs. */
export function EmbedView({
  of: embed,
  did,
  judged,
  depth = 0,
}: {
  of: Embed
  did: string
  judged: ModerationDecision
  depth?: number
}) {
  if (!embed) return null
  if (AppBskyEmbedRecord.isView(embed)) return <RecordView of={embed.record} depth={depth} />
  if (AppBskyEmbedRecordWithMedia.isView(embed))
    return (
      <>
        <EmbedView of={embed.media} did={did} judged={judged} depth={depth} />
        <RecordView of={embed.record.record} depth={depth} />
      </>
    )
  return (
    <Veil ui={judged.ui('contentMedia')} what="Media">
      <Media of={embed} did={did} />
    </Veil>
  )
}

function Media({ of: embed, did }: { of: NonNullable<Embed>; did: string }) {
  if (AppBskyEmbedImages.isView(embed)) return <Pictures of={embed.images} />
  if (AppBskyEmbedGallery.isView(embed))
    return (
      <Pictures
        of={embed.items.filter(AppBskyEmbedGallery.isViewImage).map((item) => ({ ...item, thumb: item.thumbnail }))}
      />
    )
  if (AppBskyEmbedVideo.isView(embed)) return <Video of={embed} did={did} />
  if (External.isView(embed)) return <Card of={embed.external} />
  return <p class="stub">Something that this page cannot show ({embed.$type}).</p>
}

function Card({ of: { uri, title, description, thumb } }: { of: AppBskyEmbedExternal.ViewExternal }) {
  const url = safeUrl(uri)
  if (!url) return <p class="stub">A link that cannot be followed: {uri}</p>
  return (
    <a class="card" href={url.href} target="_blank" rel="noopener noreferrer nofollow">
      {thumb ? <img src={thumb} alt="" loading="lazy" /> : null}
      <span>
        <strong dir="auto">{title || url.href}</strong>
        {description ? <span dir="auto">{description}</span> : null}
        <small>{url.host}</small>
      </span>
    </a>
  )
}

function RecordView({ of: record, depth }: { of: AppBskyEmbedRecord.View['record']; depth: number }) {
  if (AppBskyEmbedRecord.isViewRecord(record)) return <Quoted of={record} depth={depth + 1} />
  if (AppBskyEmbedRecord.isViewBlocked(record)) return <p class="stub">A post of somebody blocked.</p>
  if (AppBskyEmbedRecord.isViewDetached(record))
    return <p class="stub">Its author has taken this post out of the quote.</p>
  if (AppBskyEmbedRecord.isViewNotFound(record)) return <p class="stub">A post that is not there any more.</p>
  if (AppBskyFeedDefs.isGeneratorView(record)) return <Named kind="Feed" name={record.displayName} uri={record.uri} />
  if (AppBskyGraphDefs.isListView(record)) return <Named kind="List" name={record.name} uri={record.uri} />
  if (AppBskyGraphDefs.isStarterPackViewBasic(record))
    return <Named kind="Starter pack" name={textOf(record.record.name)} uri={record.uri} />
  if (AppBskyLabelerDefs.isLabelerView(record))
    return <Named kind="Labeler" name={record.creator.handle} uri={record.uri} />
  return <p class="stub">Something that this page cannot show ({record.$type}).</p>
}

function Named({ kind, name, uri }: { kind: string; name: string; uri: string }) {
  return (
    <a class="card" href={recordPath(uri)}>
      <span>
        <strong dir="auto">{name || uri}</strong>
        <small>{kind}</small>
      </span>
    </a>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
